import { mapLeaves, type Params } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

/** An exponential moving average of the weights: steadier than the last step's, it is what gets validated and saved. */
export type WeightAverage<P extends Params> = {
  /** Counts a step of the weights. */
  update(): void;
  /** Takes in the steps that are counted only; call it before the average is read. */
  settle(): void;
  /** The steps that it has counted, and how many of them it has not taken in: with the tree all that is needed to go on from. */
  counts(): AverageCounts;
  /** The averaged tree; the average owns it. */ params: P;
  dispose(): void;
};

export type AverageCounts = { steps: number; waiting: number };

/** Steps that are taken in at once; the last of them then counts for all. */
const EVERY = 4;

/**
 * Starts at the present weights. The decay rises with the steps, min(decay, (1 + n) / (10 + n)), so that the start is forgotten.
 *
 * @param from Goes on with these counts; the averaged tree is then given its values by the caller.
 */
export function averageWeights<P extends Params>(
  params: P,
  decay: number,
  from: AverageCounts = { steps: 0, waiting: 0 },
): WeightAverage<P> {
  const pairs: { average: tf.Variable; source: tf.Tensor }[] = [];
  let { steps, waiting } = from;
  const averaged = mapLeaves(params, (source) => {
    const average = tf.variable(source);
    pairs.push({ average, source });
    return average;
  });
  const settle = () => {
    if (waiting === 0) return;
    const rate = 1 - Math.min(decay, (1 + steps) / (10 + steps)) ** waiting;
    waiting = 0;
    tf.tidy(() => {
      for (const { average, source } of pairs) average.assign(tf.add(average, tf.mul(tf.sub(source, average), rate)));
    });
  };
  return {
    params: averaged,
    update() {
      steps += 1;
      waiting += 1;
      if (waiting === EVERY) settle();
    },
    settle,
    counts: () => ({ steps, waiting }),
    dispose: () => {
      for (const { average } of pairs) average.dispose();
    },
  };
}
