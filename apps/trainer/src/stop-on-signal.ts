import { constants } from 'node:os';
import { onClosedOutput } from '@mmolre/files';

export type Stop = {
  /** Aborted by the first signal. */
  signal: AbortSignal;
  /** 128 and the number of the signal that stopped the program, as shells have it: 130 for Ctrl-C. 0 if none did. */
  exitCode(): number;
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A signal of a terminal or of a group reaches this program and what started it, which passes it on: that is one. */
const SAME_SECONDS = 1;

/**
 * Aborts at the first SIGINT (Ctrl-C), SIGTERM or SIGHUP, and where nobody reads standard output or standard error any more, so that the step
 * in progress ends and is kept. A second signal ends the program at once.
 *
 * @param log Told what the first one does, if it is given.
 */
export function stopOnSignal(log?: (line: string) => void): Stop {
  const stop = new AbortController();
  let [code, since] = [0, 0];
  const first = (exitCode: number) => {
    [code, since] = [exitCode, performance.now()];
    stop.abort();
  };
  for (const name of SIGNALS)
    process.on(name, () => {
      const exitCode = 128 + constants.signals[name];
      const isSame = code === exitCode && name !== 'SIGINT' && performance.now() - since < SAME_SECONDS * 1000;
      if (isSame) return;
      if (stop.signal.aborted) process.exit(exitCode);
      first(exitCode);
      log?.(
        `\nstopping after this step; ${name === 'SIGINT' ? 'press Ctrl-C' : 'send a signal'} again to stop at once`,
      );
    });
  onClosedOutput((exitCode) => {
    if (stop.signal.aborted) return;
    process.exitCode = exitCode;
    first(exitCode);
  });
  return { signal: stop.signal, exitCode: () => code };
}
