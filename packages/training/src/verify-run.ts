import type { VerifiedFacts } from '@mmolre/report';
import { type CheckpointState, checkpointFault, checkpointFolder, checkpointNumbers, readState } from './checkpoints';
import { isFinished } from './open-run';
import { readRecord } from './run-record';

/**
 * Looks at every byte of every checkpoint of a run; changes nothing.
 *
 * @throws One line, if it is no run.
 */
export async function verifyRun(run: string): Promise<VerifiedFacts> {
  if (!(await readRecord(run))) throw new Error(`${run}: expected the folder of a run, found none with run.json`);
  const found = [];
  for (const number of checkpointNumbers(run)) {
    const fault = await checkpointFault(run, number);
    const state = fault ? undefined : await readState(checkpointFolder(run, number));
    found.push({ number, fault, state });
  }
  const best = found.findLast(({ state }) => state)?.state?.best?.checkpoint;
  return {
    finished: isFinished(run),
    checkpoints: found.map(({ number, fault, state }) => ({
      folder: checkpointFolder(run, number),
      at: state && ended(state.position),
      best: number === best,
      fault,
    })),
  };
}

/** The epoch that is under way, or has just ended. */
const ended = ({ epoch, batch, step }: CheckpointState['position']) => ({ epoch: batch > 0 ? epoch : epoch - 1, step });
