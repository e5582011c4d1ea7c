export { BackendError } from './errors';
export { hardwareLine, hardwareSlug, whyNoBf16 } from './hardware';
export { localAddresses } from './local-addresses';
export { ensureNative, type InstallOptions, installNative, uninstallNative } from './native-install';
export { type NativePaths, type NativeStatus, nativePaths, nativeStatus } from './native-state';
export { currentPlatform, NATIVE_ROWS, type NativeRow, nativeRow, type Variant } from './platforms';
export {
  BACKEND_NAMES,
  type BackendName,
  type ChosenBackend,
  requestedBackend,
  type UseBackendOptions,
  useBackend,
} from './use-backend';
export { type HeardFrom, joinWorkers, type Ranks, type Workers } from './workers';
