import type { Ranks } from '@mmolre/backend';
import type { Split } from '@mmolre/datasets';
import { faultPoint } from '@mmolre/files';
import type { Model } from '@mmolre/model';
import { leaves } from '@mmolre/nn';
import type { Examples } from '../examples';
import { predictPasses } from '../part-passes';
import type { RunConfig } from '../run-config';
import type { TestResult } from '../run-result';
import { type SavedTraining, train, withClassWeights } from '../train';
import { broadcastJson } from './messages';
import { shareSaved, shareWeights } from './start';
import { waitForLead } from './wait';

/** What rank 0 finds in the run's folder. */
type Found = { /** To its end. */ isTrained: boolean; parts: number };

/** Tells the others how a run stands; `follow` is where they hear it. */
export function lead(ranks: Ranks, found: Found, from: SavedTraining | undefined): void {
  broadcastJson(ranks, found);
  shareSaved(ranks, from);
}

/**
 * A run on a rank that does not have its folder: trains with rank 0, and tests with it.
 *
 * @returns Rank 0's test; undefined if it was interrupted.
 * @throws One line, such as where the loss is not finite.
 */
export async function follow(
  ranks: Ranks,
  model: Model,
  config: RunConfig,
  { examples, split, signal }: { examples: Examples /** What is scored. */; split: Split; signal: AbortSignal },
): Promise<TestResult | undefined> {
  const { isTrained, parts } = broadcastJson<Found>(ranks);
  const from = shareSaved(ranks, undefined);
  if (!isTrained) {
    const { stopped, reason } = await train(model, config, {
      ...whatIsTrained(examples, { parts, from }),
      signal,
      ranks,
      onEvent() {},
      async onCheckpoint() {},
    });
    if (stopped === 'interrupted') return undefined;
    if (stopped === 'not-finite') throw new Error(`rank ${ranks.rank}: the training has diverged: ${reason}`);
  }
  faultPoint('a rank that follows has trained');
  if (broadcastJson<boolean>(ranks)) {
    shareWeights(ranks, leaves(model.params));
    predictPasses({ ...model, config: withClassWeights(config, examples.train).model }, examples[split], {
      ablate: config.training.ablate,
      onProgress() {},
      together: ranks,
    });
    waitForLead(ranks);
  }
  faultPoint('a rank that follows has tested');
  return broadcastJson<TestResult>(ranks);
}

/** What of a training is the same on every rank. */
export const whatIsTrained = (
  { train, valid, lengths, recorded, load }: Examples,
  { parts, from }: { parts: number; from: SavedTraining | undefined },
) => ({ train, valid, lengths, recorded, load, parts, ...(from && { from }) });
