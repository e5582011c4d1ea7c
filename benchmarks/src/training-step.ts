import { join } from 'node:path';
import type { FrameCache } from '@mmolre/encoders';
import { frameCache } from '@mmolre/files';
import { type Batch, type Example, makeBatch, mmolre, trainingLoss } from '@mmolre/model';
import {
  adamWStep,
  evaluating,
  freeze,
  initAdamW,
  type Mode,
  mixSeed,
  type Params,
  type Precision,
  trainable,
  variables,
  withPrecision,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { NodeSide, Work } from './benchmark';
import { examplesOf } from './whole-batch';
import { encodersOver, seededParams, type WholeModel } from './whole-model';

export const optimizing = { rate: 1e-5, decay: 0.01 };

/** The steps of the trainer on a batch that stays the same. @param cached The frozen convolutions run once a clip, as with `--cache`. */
export const stepSide =
  (whole: WholeModel, { cached, precision }: { cached: boolean; precision: Precision }): NodeSide =>
  (file) => {
    const cache = cached ? frameCache({ folder: join(file.folder, 'frames') }) : undefined;
    return trainingSteps(whole, examplesOf(file), { cache, precision });
  };

/** Of what both sides must agree on, in float32: the loss without dropout, and the norm of its gradient in each part of the model. */
export function trainingSteps(
  whole: WholeModel,
  examples: readonly Example[],
  {
    cache,
    precision = 'float32',
    batchSize = examples.length,
    seed = 0,
  }: {
    cache?: FrameCache | undefined;
    precision?: Precision;
    /** So many examples a step, in turn: all. */ batchSize?: number;
    /** Of dropout. */ seed?: number;
  } = {},
): Work {
  const params = trainable(seededParams(whole));
  freeze((params.audio as { feature_extractor: Params }).feature_extractor);
  const encoders = encodersOver(whole, params, cache);
  const optimizer = initAdamW(variables(params));
  const lossOf = ({ input, labels }: Batch, mode: Mode) =>
    trainingLoss(mmolre(params, encoders, input, whole.model, mode), labels, input.present, whole.model);
  let steps = 0;
  return {
    run() {
      const first = (steps * batchSize) % examples.length;
      const batch = makeBatch(encoders, examples.slice(first, first + batchSize));
      steps += 1;
      const loss = () => lossOf(batch, { training: true, seed: mixSeed(seed, steps) });
      const before = withPrecision(precision, () =>
        adamWStep(optimizer, { weightDecay: optimizing.decay }, loss, optimizing.rate),
      );
      tf.dispose(batch);
      return before;
    },
    results: () =>
      tf.tidy(() => {
        const batch = makeBatch(encoders, examples);
        const all = variables(params);
        const { value, grads } = tf.variableGrads(() => lossOf(batch, evaluating), [...all.values()]);
        const squares = new Map<string, number>();
        for (const [path, { name }] of all) {
          const part = path.split('.').slice(0, 2).join('.');
          const gradient = grads[name];
          if (gradient) squares.set(part, (squares.get(part) ?? 0) + tf.sum(tf.square(gradient)).dataSync()[0]!);
        }
        const norms = [...squares].map(([part, square]) => [part, tf.tensor1d([Math.sqrt(square)])]);
        return { loss: tf.reshape(value, [1]), ...Object.fromEntries(norms) };
      }),
  };
}
