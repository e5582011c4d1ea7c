import { FUNCTIONALS } from '@mmolre/encoders';
import { medianBaseline } from '@mmolre/metrics';
import type { Example, Task } from '@mmolre/model';
import { type BlockRows, featuresOf, lookAt, rowsOf, type SimpleOptions } from './blocks';
import { fitEmotions, isExclusive } from './emotion-model';
import { fitRidge } from './linear';
import { nameOf } from './score';
import { BLOCKS, type Block, type SimpleModel, type SimpleModels } from './stored';
import { fitTfIdf } from './tf-idf';

export type FitOptions = SimpleOptions & {
  /** Those that are predicted. */ tasks: readonly Task[];
  /** Where recordings are cut. */ maxSeconds: number;
};

/** Of ridge and of logistic regression, for every model: nothing is tuned. The rows of a block have length 1, or 1 on average. */
const PENALTY = 1;

/**
 * Fits linear models on TF-IDF, on MiniLM's sentence vectors, on functionals of the voice, and on all of them side by side: ridge for
 * sentiment, logistic regression for emotions. The same samples give the same numbers, to 7 digits.
 *
 * @param train An example that lacks a label, or all that a model reads, is left out of its fit.
 * @returns Those that can be fitted; `log` gets a line for each of the others.
 */
export async function fitSimpleModels(train: readonly Example[], options: FitOptions): Promise<SimpleModels> {
  const { tasks, maxSeconds, log } = options;
  const seen = await lookAt(train, { ...options, wantsSentences: true });
  const { terms, weights } = fitTfIdf(seen.flatMap(({ text }) => text ?? []));
  const found: SimpleModels = {
    format: 1,
    tasks: [...tasks],
    median: medianBaseline(train.flatMap(({ sentiment }) => sentiment ?? [])),
    maxSeconds,
    exclusive: isExclusive(train.flatMap(({ emotions }) => (emotions ? [emotions] : []))),
    tfIdf: { terms, weights: rounded(weights) },
    functionals: spreadOf(seen.flatMap(({ voice }) => voice ?? [])),
    models: [],
  };
  const rows = rowsOf(found, seen);
  const available = BLOCKS.filter((block) => rows[block].some((row) => row && row.values.length > 0));
  const isTold = (block: Block) => block === 'MiniLM' && available.includes('TF-IDF'); // it cannot be had
  for (const block of BLOCKS.filter((one) => !available.includes(one) && !isTold(one)))
    log(`simple models: ${nameOf([block])} is left out: no training sample has what it reads`);
  const isBoth = available.includes('functionals') && available.length > 1;
  for (const blocks of [...available.map((block) => [block]), ...(isBoth ? [available] : [])]) {
    const model = fitOne(found, blocks, rows, train);
    const learnt: Record<Task, boolean> = { sentiment: model.sentiment !== null, emotion: model.emotions !== null };
    for (const task of tasks)
      if (!learnt[task]) log(`simple models: ${nameOf(blocks)} learns no ${task}: ${WHY[task]}`);
    if (tasks.some((task) => learnt[task])) found.models.push(model);
  }
  return found;
}

const WHY: Record<Task, string> = {
  sentiment: 'no training sample that it reads has one',
  emotion: 'no two training samples that it reads differ in them',
};

function fitOne(
  models: SimpleModels,
  blocks: readonly Block[],
  rows: BlockRows,
  train: readonly Example[],
): SimpleModel {
  const readable = train.flatMap((_, i) => (blocks.some((block) => rows[block][i]) ? [i] : []));
  const rated = readable.filter((i) => train[i]!.sentiment !== undefined);
  const labelled = readable.filter((i) => train[i]!.emotions);
  const features = (examples: readonly number[]) => featuresOf(models, blocks, rows, examples);
  const fitted = {
    sentiment:
      models.tasks.includes('sentiment') && rated.length > 0
        ? fitRidge(
            features(rated),
            rated.map((i) => train[i]!.sentiment!),
            PENALTY,
          )
        : undefined,
    emotions:
      models.tasks.includes('emotion') && labelled.length > 0
        ? fitEmotions(
            features(labelled),
            labelled.map((i) => train[i]!.emotions!),
            PENALTY,
          )
        : undefined,
  };
  return {
    blocks: [...blocks],
    sentiment: fitted.sentiment ? rounded(fitted.sentiment) : null,
    emotions: fitted.emotions?.map(rounded) ?? null,
  };
}

/** As they are written to a file: a run that is read again scores as before. */
const rounded = (numbers: ArrayLike<number>): number[] => Array.from(numbers, (x) => Number(x.toPrecision(7)));

/** Mean and deviation of each number of the voices; 1 where all are the same. */
function spreadOf(voices: readonly Float32Array[]): SimpleModels['functionals'] {
  const n = Math.max(1, voices.length);
  const over = (j: number, of: (x: number) => number) => voices.reduce((sum, voice) => sum + of(voice[j]!), 0) / n;
  const means = Array.from({ length: FUNCTIONALS }, (_, j) => over(j, (x) => x));
  const deviations = means.map((mean, j) => Math.sqrt(over(j, (x) => (x - mean) ** 2)));
  return { means: rounded(means), deviations: rounded(deviations.map((one) => (one > 1e-6 ? one : 1))) };
}
