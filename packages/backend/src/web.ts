import * as tf from '@tensorflow/tfjs';
import { checkNumbers } from './check-numbers';
import { throwDeviceErrors } from './device-errors';

export { checkNumbers } from './check-numbers';
export { NUMBER_CHECKS, type NumberCheck } from './number-checks';

/** From fastest to slowest. */
export const WEB_BACKENDS = ['webgpu', 'wasm', 'cpu'] as const;
export type WebBackendName = (typeof WEB_BACKENDS)[number];

export type UseWebBackendOptions = {
  /** The one to use; without it the best that computes rightly. */
  backend?: WebBackendName;
  /** Receives the one line that says which backend and why; nobody does by default. */
  log?: (line: string) => void;
};

export type ChosenWebBackend = {
  /** The name tfjs knows it by, too. */
  name: WebBackendName;
  /** Why none before it was taken, or that it was asked for; empty for the first. */
  reason: string;
};

/**
 * Makes the best backend that computes rightly, or the one asked for, tfjs's current one: for a browser, or any other runtime. A backend
 * is tried if the caller has registered it, which importing its package does. With WebGPU, read tensors by `await data()`, which from
 * then on throws errors of the device.
 *
 * @throws One line: why the one asked for, or each of the three, was refused.
 */
export async function useWebBackend(options: UseWebBackendOptions = {}): Promise<ChosenWebBackend> {
  const { backend: asked, log } = options;
  const before = tf.getBackend();
  const reasons: string[] = [];
  for (const name of asked ? [asked] : WEB_BACKENDS) {
    const refusal = await tryBackend(name);
    if (refusal !== undefined) {
      reasons.push(`${name} ${refusal}`);
      continue;
    }
    const reason = asked ? 'asked for by the caller' : reasons.toReversed().join('; ');
    log?.(`backend: ${name}${reason && ` (${reason})`}`);
    return { name, reason };
  }
  if (before) await tf.setBackend(before);
  throw new Error(
    asked ? `backend ${asked} was asked for, but ${reasons[0]}` : `no backend works: ${reasons.join('; ')}`,
  );
}

/** Makes a backend the current one. @returns Why it is refused, or undefined. */
async function tryBackend(name: WebBackendName): Promise<string | undefined> {
  if (!tf.findBackendFactory(name)) return `is not registered; import '@tensorflow/tfjs-backend-${name}' before`;
  try {
    if (!(await tf.setBackend(name))) return 'does not load';
    await tf.ready();
  } catch (error) {
    return `does not load: ${lineOf(error)}`;
  }
  throwDeviceErrors(tf.backend());
  return checkNumbers().then(
    () => undefined,
    (error) => `computes wrongly: ${lineOf(error)}`,
  );
}

const lineOf = (error: unknown) => String((error as Error).message ?? error).split('\n')[0];
