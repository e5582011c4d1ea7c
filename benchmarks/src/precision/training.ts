import { createRng, type Precision } from '@mmolre/nn';
import { drawLengths } from '../drawn-lengths';
import { trainingSteps } from '../training-step';
import { drawExamples } from '../whole-batch';
import type { WholeModel } from '../whole-model';

/** What one training is: the seed draws lengths, contents and dropout, the same with both precisions. */
export type TrainingOf = { precision: Precision; seed: number; steps: number };

/** What it gives: the loss before each step, and the time of it in ms. */
export type Training = { losses: number[]; ms: number[] };

/** Utterances at a time, and how many times as many there are: each is seen every sixth step. */
const [BATCH, BATCHES] = [2, 6];

/** Steps of a model with seeded weights on a few utterances of MOSI's lengths, in turn. */
export async function trainSome(
  whole: WholeModel,
  { precision, seed, steps }: TrainingOf,
  vocabSize?: number,
): Promise<Training> {
  const examples = drawExamples(drawLengths(BATCH * BATCHES, createRng(seed)), { vocabSize, seed });
  const work = trainingSteps(whole, examples, { precision, batchSize: BATCH, seed });
  const training: Training = { losses: [], ms: [] };
  for (let step = 0; step < steps; step++) {
    const start = performance.now();
    training.losses.push(await work.run());
    training.ms.push(performance.now() - start);
  }
  return training;
}
