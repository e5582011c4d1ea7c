import { NUM_EMOTIONS } from '@mmolre/datasets/sample';
import type { Example, Prediction } from '@mmolre/model';
import { featuresOf, lookAt, rowsOf, type SimpleOptions } from './blocks';
import { emotionScores } from './emotion-model';
import { scoresOf } from './rows';
import type { Block, SimpleModels } from './stored';

export type SimpleScores = {
  /** Such as `linear on TF-IDF`. */ name: string;
  reads: 'nothing' | 'text' | 'audio' | 'both';
  /** Of each example, in their order; without a task that could not be fitted. An emotion is present above 0.5. */
  predictions: Prediction[];
};

export const nameOf = (blocks: readonly Block[]): string => `linear on ${blocks.join(' + ')}`;

/** Scores of every example, of each model, and last of what reads nothing: always the median, never any emotion. */
export async function scoreSimpleModels(
  models: SimpleModels,
  examples: readonly Example[],
  options: SimpleOptions,
): Promise<SimpleScores[]> {
  const readsSentences = ({ blocks }: { blocks: readonly Block[] }) => blocks.includes('MiniLM');
  const { maxSeconds, exclusive } = models;
  const seen = await lookAt(examples, { ...options, maxSeconds, wantsSentences: models.models.some(readsSentences) });
  const lacksSentences = seen.some(({ text, sentence }) => text !== undefined && !sentence);
  const rows = rowsOf(models, seen);
  const all = examples.map((_, i) => i);
  const found = models.models
    .filter((model) => !(lacksSentences && readsSentences(model)))
    .map(({ blocks, sentiment, emotions }): SimpleScores => {
      const features = featuresOf(models, blocks, rows, all);
      const ratings = sentiment && scoresOf(features, sentiment);
      const probabilities = emotions && emotionScores(features, emotions, exclusive);
      return {
        name: nameOf(blocks),
        reads: readsOf(blocks),
        predictions: examples.map(({ id }, i) => ({
          id,
          ...(ratings && { sentiment: ratings[i]! }),
          ...(probabilities && { emotions: probabilities[i]! }),
        })),
      };
    });
  return [...found, constant(models, examples)];
}

function readsOf(blocks: readonly Block[]): SimpleScores['reads'] {
  const hears = blocks.includes('functionals');
  return hears ? (blocks.length > 1 ? 'both' : 'audio') : 'text';
}

function constant({ tasks, median }: SimpleModels, examples: readonly Example[]): SimpleScores {
  const says = { sentiment: tasks.includes('sentiment'), emotions: tasks.includes('emotion') };
  const names = [...(says.sentiment ? ['always the median'] : []), ...(says.emotions ? ['never any emotion'] : [])];
  return {
    name: names.join(', '),
    reads: 'nothing',
    predictions: examples.map(({ id }) => ({
      id,
      ...(says.sentiment && { sentiment: median }),
      ...(says.emotions && { emotions: new Array(NUM_EMOTIONS).fill(0) }),
    })),
  };
}
