import type { Ranks } from '@mmolre/backend';
import { faultPoint } from '@mmolre/files';
import * as tf from '@tensorflow/tfjs';

/** Whether one of the ranks was asked to stop: all stop after the same step. */
export function isAnyAborted(ranks: Ranks, { aborted }: AbortSignal): boolean {
  faultPoint('ranks have done a step');
  return tf.tidy(() => ranks.sum(tf.tensor1d([aborted ? 1 : 0])).dataSync()[0]! > 0);
}
