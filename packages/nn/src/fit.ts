import { mixSeed } from './random';
import { type Schedule, scheduleFactor } from './schedule';

/** Where a training stands between two steps: plain numbers, from which it can go on. */
export type FitPosition = {
  /** From 1. */ epoch: number;
  /** Batches of this epoch that are done. */ batch: number;
  /** Steps that are done in all. */ step: number;
  /** The losses of this epoch's steps, summed. */ lossSum: number;
};

export type FitMoment = 'step' | 'epoch' | 'interrupted';

/** What a step may depend on beside its batch. */
export type FitStep = { learningRate: number; seed: number };

/** What a step was, as it is told afterwards; `step` and `epoch` count from 1. */
export type FitEvent = { step: number; steps: number; epoch: number; loss: number; learningRate: number };

export type FitOptions<Key, Batch> = {
  /** Steps in all, which the schedule goes by. */
  steps: number;
  /** The batches of an epoch, counted from 1: a function of that number alone. */
  order: (epoch: number) => readonly Key[];
  /** Hands these batches of the order out one after another; it may load ahead of the one that is read. */
  load: (keys: readonly Key[]) => AsyncIterable<Batch> | Iterable<Batch>;
  /** One step of the optimizer. Returns the loss before it. */
  step: (batch: Batch, step: FitStep) => number;
  /** At its largest. */
  learningRate: number;
  schedule: Schedule;
  /** Mixed with a step's number to give that step its own. */
  seed: number;
  onStep?: (event: FitEvent, batch: Batch) => void;
  /** After the last step of each epoch, which may be cut short by `steps`; awaited. Returns true to train no further. */
  onEpoch?: (end: { epoch: number; step: number; meanLoss: number }) => Promise<boolean>;
  /** Hears where the training stands after each step, after each epoch's end, and where it is interrupted: there it could go on. Awaited. */
  onPosition?: (position: FitPosition, at: FitMoment) => Promise<void> | void;
  /** Ends the training before its next step, or before the end of the epoch is told. */
  signal?: AbortSignal;
  /** Goes on from there: the start. */
  from?: FitPosition | undefined;
};

export type FitResult = { stopped: 'finished' | 'enough' | 'interrupted'; position: FitPosition };

export const FIT_START: FitPosition = { epoch: 1, batch: 0, step: 0, lossSum: 0 };

/**
 * A training: epoch after epoch of batches, a step each, until `steps` are done (`finished`), `onEpoch` has `enough`, or the signal comes
 * (`interrupted`). Before each step other tasks get their turn, so that a signal can come in. It draws nothing itself: from a position that
 * it gave back it goes on with the same batches, learning rates and seeds.
 *
 * @throws If an epoch has no batch, and what its functions throw.
 */
export async function fit<Key, Batch>(options: FitOptions<Key, Batch>): Promise<FitResult> {
  const { steps, schedule, seed } = options;
  const isAborted = async () => {
    await otherTasks();
    return options.signal?.aborted;
  };
  const interrupted = async (): Promise<FitResult> => {
    await options.onPosition?.(position, 'interrupted');
    return { stopped: 'interrupted', position };
  };
  let position = options.from ?? FIT_START;
  // An epoch that has begun is ended, also where no step is left of it.
  while (position.step < steps || position.batch > 0) {
    const { epoch } = position;
    const order = options.order(epoch);
    if (order.length === 0) throw new Error(`fit order: expected at least one batch in epoch ${epoch}, got none`);
    const left = order.slice(position.batch, position.batch + steps - position.step);
    for await (const batch of options.load(left)) {
      if (await isAborted()) return interrupted();
      const learningRate = options.learningRate * scheduleFactor(schedule, position.step);
      const loss = options.step(batch, { learningRate, seed: mixSeed(seed, position.step) });
      position = {
        epoch,
        batch: position.batch + 1,
        step: position.step + 1,
        lossSum: position.lossSum + loss,
      };
      options.onStep?.({ step: position.step, steps, epoch, loss, learningRate }, batch);
      await options.onPosition?.(position, 'step');
    }
    if (await isAborted()) return interrupted();
    const { batch, step, lossSum } = position;
    const enough = await options.onEpoch?.({ epoch, step, meanLoss: lossSum / batch });
    position = { epoch: epoch + 1, batch: 0, step, lossSum: 0 };
    await options.onPosition?.(position, 'epoch');
    if (enough) return { stopped: 'enough', position };
  }
  return { stopped: 'finished', position };
}

/** Lets every other waiting task run first, in a browser and in Node. */
const otherTasks = () => new Promise<void>((done) => setTimeout(done, 0));
