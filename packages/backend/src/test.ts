import { beforeAll, describe } from 'vitest';
import type { BackendName } from './command-line';
import { nativeStatus } from './native-state';
import { requestedBackend, useBackend } from './use-backend';

/**
 * Runs a suite once on the native backend and once on wasm, or on the one that `MMOLRE_BACKEND` names. Where native is
 * not installed it is left out, and one line says so; asked for by name, it fails instead.
 *
 * @param body Declares the tests; gets the backend's name. Tensors belong inside tests and hooks, not in `body` itself.
 */
export function describeEachBackend(name: string, body: (backend: BackendName) => void): void {
  for (const backend of testedBackends()) {
    describe(`${name} [${backend}]`, () => {
      beforeAll(async () => {
        await useBackend({ backend, log: () => {} });
      });
      body(backend);
    });
  }
}

/** The backends whose suites run here. */
export function testedBackends(): BackendName[] {
  const asked = requestedBackend();
  if (asked) return [asked];
  const status = nativeStatus();
  if (status.ok) return ['native', 'wasm'];
  console.warn(`native backend left out: ${status.reason}`);
  return ['wasm'];
}
