import type { Ranks } from '@mmolre/backend';
import { faultPoint } from '@mmolre/files';
import { isAny } from './messages';

/** Whether one of the ranks was asked to stop: all stop after the same step. */
export function isAnyAborted(ranks: Ranks, { aborted }: AbortSignal): boolean {
  faultPoint('ranks have done a step');
  return isAny(ranks, aborted);
}
