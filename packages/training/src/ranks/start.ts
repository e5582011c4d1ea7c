import type { Ranks } from '@mmolre/backend';
import { faultPoint } from '@mmolre/files';
import { type StoredTensor, valuesOf } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { SavedTraining } from '../train';
import { broadcastJson } from './messages';

// Rank 0 alone has the run's folder; the others get from it what they begin with.

/** Gives weights by path rank 0's values. */
export function shareWeights(ranks: Ranks, weights: ReadonlyMap<string, tf.Tensor>): void {
  for (const weight of weights.values())
    tf.tidy(() => {
      const values = ranks.broadcast(tf.reshape(weight, [-1]));
      if (ranks.rank > 0) (weight as tf.Variable).assign(tf.reshape(values, weight.shape));
    });
}

type Described = { state: SavedTraining['state']; names: SavedTraining['names'] } & Record<
  'weights' | 'tensors',
  [name: string, shape: number[]][]
>;

/** What rank 0 goes on from, if anything: to be called by all, and the same for all. @param from Rank 0's. */
export function shareSaved(ranks: Ranks, from: SavedTraining | undefined): SavedTraining | undefined {
  faultPoint('ranks share the start');
  const described = broadcastJson<Described | null>(ranks, from ? describe(from) : null);
  if (!described) return undefined;
  const receive = (key: 'weights' | 'tensors') =>
    new Map(
      described[key].map(([name, shape]) => {
        const values = from
          ? tf.tensor1d(valuesOf(from[key].get(name)!), 'float32')
          : tf.zeros<tf.Rank.R1>([shape.reduce((product, size) => product * size, 1)]);
        const got = ranks.broadcast(values);
        const bytes = new Uint8Array(got.dataSync<'float32'>().buffer);
        tf.dispose([values, got]);
        return [name, { dtype: 'F32', shape, bytes } satisfies StoredTensor] as const;
      }),
    );
  return { state: described.state, names: described.names, weights: receive('weights'), tensors: receive('tensors') };
}

function describe({ state, names, weights, tensors }: SavedTraining): Described {
  const shapes = (of: ReadonlyMap<string, StoredTensor>): [string, number[]][] =>
    [...of].map(([name, { shape }]) => [name, shape]);
  return { state, names, weights: shapes(weights), tensors: shapes(tensors) };
}
