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
    const use = () => useBackend({ backend, log: () => {} });
    describe(`${name} [${backend}]`, () => {
      beforeAll(() => (backend === 'wasm' ? onOneThread(use) : use()));
      body(backend);
    });
  }
}

/** Suites run beside each other, where threads of wasm, which wait awake, take the cores from one another: a small product takes 300 µs in place of 5. */
async function onOneThread<T>(load: () => Promise<T>): Promise<T> {
  const before = process.env.TF_NUM_INTRAOP_THREADS;
  process.env.TF_NUM_INTRAOP_THREADS ??= '1';
  try {
    return await load();
  } finally {
    if (before === undefined) delete process.env.TF_NUM_INTRAOP_THREADS;
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
