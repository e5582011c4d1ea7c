import * as tf from '@tensorflow/tfjs';
import { checkNumbers } from './check-numbers';
import { BACKEND_NAMES, type BackendName } from './command-line';
import { BackendError, explain } from './errors';
import { LOADERS, type Loaded } from './load-backends';
import { ensureNative } from './native-install';

export type UseBackendOptions = {
  /** The one to use; without it `MMOLRE_BACKEND` decides, and without that the best that loads. */
  backend?: BackendName;
  /** Receives the one line that says which backend and why; stderr by default. */
  log?: (line: string) => void;
  /** Install the native backend first if it may be used and is not installed. */
  install?: boolean;
};

export type ChosenBackend = Omit<Loaded, 'detail'> & {
  name: BackendName;
  /** The name tfjs knows it by. */
  backend: 'tensorflow' | 'wasm' | 'cpu';
  /** What it is and why it was taken, as in the line. */
  reason: string;
};

/**
 * The backend that was asked for, by argument or by `MMOLRE_BACKEND`, or undefined.
 *
 * @throws BackendError for a name that is none of the three.
 */
export function requestedBackend(argument?: string): BackendName | undefined {
  const name = argument ?? (process.env.MMOLRE_BACKEND || undefined);
  if (name === undefined || isBackendName(name)) return name;
  const where = argument === undefined ? 'MMOLRE_BACKEND' : 'backend';
  throw new BackendError(`${where}: expected ${BACKEND_NAMES.join(', ')}, got '${name}'`);
}

const isBackendName = (name: string): name is BackendName => BACKEND_NAMES.some((known) => known === name);

/**
 * Makes the best backend that loads and computes rightly, or the one asked for, tfjs's current one, and says so in one line.
 *
 * @throws BackendError if the name is unknown, or the backend asked for does not load or computes something wrongly: then nothing else
 *   is tried.
 */
export async function useBackend(options: UseBackendOptions = {}): Promise<ChosenBackend> {
  const { log = (line) => process.stderr.write(`${line}\n`) } = options;
  const asked = requestedBackend(options.backend);
  const before = tf.getBackend();
  const reasons: string[] = [];
  for (const name of asked ? [asked] : BACKEND_NAMES) {
    try {
      if (name === 'native' && options.install) {
        const status = await ensureNative({ log });
        if (!status.ok) throw new BackendError(`native is not installed: ${status.reason}`);
      }
      const { detail, ...loaded } = await LOADERS[name]();
      await checkNumbers().catch(({ message }: Error) => {
        throw new BackendError(`${name} computes wrongly: ${message}`);
      });
      const why = asked ? [`asked for by ${options.backend ? 'the caller' : 'MMOLRE_BACKEND'}`] : reasons.toReversed();
      const reason = [detail, ...why].join('; ');
      log(`backend: ${name} (${reason})`);
      return { name, backend: name === 'native' ? 'tensorflow' : name, reason, ...loaded };
    } catch (error) {
      reasons.push(explain(error));
    }
  }
  if (before) await tf.setBackend(before);
  throw new BackendError(
    asked ? `backend ${asked} was asked for, but ${reasons[0]}` : `no backend works: ${reasons.join('; ')}`,
  );
}
