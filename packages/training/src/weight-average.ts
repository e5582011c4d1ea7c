import { mapLeaves, type Params } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

/** An exponential moving average of the weights: steadier than the last step's, it is what gets validated and saved. */
export type WeightAverage<P extends Params> = {
  /** Counts a step of the weights. */
  update(): void;
  /** Takes in the steps that are counted only; call it before the average is read. */
  settle(): void;
  /** The averaged tree; the average owns it. */ params: P;
  dispose(): void;
};

/** Steps that are taken in at once; the last of them then counts for all. */
const EVERY = 4;

/** Starts at the present weights. The decay rises with the steps, min(decay, (1 + n) / (10 + n)), so that the start is forgotten. */
export function averageWeights<P extends Params>(params: P, decay: number): WeightAverage<P> {
  const pairs: { average: tf.Variable; source: tf.Tensor }[] = [];
  let [steps, waiting] = [0, 0];
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
    dispose: () => {
      for (const { average } of pairs) average.dispose();
    },
  };
}
