export { BackendError } from './errors';
export { hardwareLine, hardwareSlug } from './hardware';
export { ensureNative, type InstallOptions, installNative, uninstallNative } from './native-install';
export { type NativePaths, type NativeStatus, nativePaths, nativeStatus } from './native-state';
export { currentPlatform, type NativeRow, nativeRow, nativeRows, type Variant } from './platforms';
export {
  type BackendName,
  backendNames,
  type ChosenBackend,
  requestedBackend,
  type UseBackendOptions,
  useBackend,
} from './use-backend';
