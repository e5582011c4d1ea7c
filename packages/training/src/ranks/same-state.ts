import { hostname } from 'node:os';
import type { Ranks } from '@mmolre/backend';
import { faultPoint } from '@mmolre/files';
import type { AdamWState } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { optimizerTensors, tensorsHash } from '../training-state';
import { gatherJson } from './messages';

/**
 * Compares what all ranks hold: weights and moments.
 *
 * @throws One line on every rank where they differ: which rank, and after which step.
 */
export function assertSameState(ranks: Ranks, optimizer: AdamWState, step: number): void {
  faultPoint('ranks compare what they hold');
  const told = gatherJson(ranks, { hash: stateHash(optimizer), host: hostname() });
  const other = told.findIndex(({ hash }) => hash !== told[0]!.hash);
  if (other > 0)
    throw new Error(
      `rank ${other} (${told[other]!.host}) has come to other weights than rank 0 (${told[0]!.host}) after step ${step}: expected the same to the last bit; ranks need processors of one kind`,
    );
}

/** SHA-256 of the parameters that are trained and of their moments. */
function stateHash(optimizer: AdamWState): string {
  const { tensors } = optimizerTensors(optimizer);
  try {
    return tensorsHash(new Map<string, tf.Tensor>([...optimizer.variables, ...tensors]));
  } finally {
    tf.dispose([...tensors.values()]);
  }
}
