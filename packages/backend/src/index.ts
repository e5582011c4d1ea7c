export { cacheRoot } from './cache.js';
export { BackendError } from './errors.js';
export { hardwareLine, hardwareSlug } from './hardware.js';
export { ensureNative, type InstallOptions, installNative, uninstallNative } from './native-install.js';
export { type NativePaths, type NativeStatus, nativePaths, nativeStatus } from './native-state.js';
export { currentPlatform, type NativeRow, nativeRow, nativeRows, type Variant } from './platforms.js';
export {
  type BackendName,
  backendNames,
  type ChosenBackend,
  requestedBackend,
  type UseBackendOptions,
  useBackend,
} from './use-backend.js';
