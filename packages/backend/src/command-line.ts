// What a command line says of backends. Nothing of TensorFlow.js is behind it.

/** From fastest to slowest. */
export const BACKEND_NAMES = ['native', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];
