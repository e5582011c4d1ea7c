import { EMOTIONS, type Emotion } from '@mmolre/datasets/sample';
import { category, type NONE } from '@mmolre/metrics';
import { type Example, hasText, type Modality, type Model, predict } from '@mmolre/model';

/** What somebody says, and how: mono samples at 16 kHz in -1 .. 1. Either may be missing. */
export type Utterance = { text?: string | undefined; audio?: Float32Array | undefined };

/** What a model says of an utterance: of the tasks that it has. */
export type Answer = {
  /** -3, very negative, to +3. */
  sentiment?: number;
  /** How probable each emotion is, 0 .. 1. */
  emotions?: Record<Emotion, number>;
  /** Those above their thresholds. */
  present?: Emotion[];
  /** The one that is farthest above its threshold, or none. */
  category?: Emotion | typeof NONE;
};

/** What answers: a model, and what was decided in its training. */
export type Answering = {
  model: Model;
  /** `ablate`: a modality that it was trained without. */ config: { training: { ablate: Modality | 'none' } };
  /** One an emotion; undefined where emotions are not predicted. */ thresholds: readonly number[] | undefined;
};

/**
 * Answers of a trained model, as many at once as there are utterances.
 *
 * @throws If an utterance has neither text nor audio, or they are something else.
 */
export function answersOf({ model, config, thresholds }: Answering, utterances: readonly Utterance[]): Answer[] {
  const examples = utterances.map(exampleOf);
  return predict(model, examples, { ablate: config.training.ablate }).predictions.map(({ sentiment, emotions }) => ({
    ...(sentiment !== undefined && { sentiment }),
    ...(emotions && thresholds && emotionsOf(emotions, thresholds)),
  }));
}

/** An utterance as the model takes it. @throws If it has neither text nor audio, or they are something else. */
export function exampleOf({ text, audio }: Utterance, i: number): Example {
  const found = (field: string, expected: string, value: unknown) =>
    new Error(`utterance ${i + 1}, ${field}: expected ${expected}, found ${typeof value}`);
  if (text !== undefined && typeof text !== 'string') throw found('text', 'a string', text);
  if (audio !== undefined && !(audio instanceof Float32Array)) throw found('audio', 'a Float32Array of samples', audio);
  if (!hasText({ text }) && !audio?.length)
    throw new Error(`utterance ${i + 1}: expected text or audio, found neither`);
  return { id: String(i + 1), text, ...(audio?.length && { audio }) };
}

function emotionsOf(probabilities: readonly number[], thresholds: readonly number[]): Answer {
  return {
    emotions: Object.fromEntries(EMOTIONS.map((name, c) => [name, probabilities[c]!])) as Record<Emotion, number>,
    present: EMOTIONS.filter((_, c) => probabilities[c]! > thresholds[c]!),
    category: category(probabilities, thresholds, EMOTIONS) as Answer['category'],
  };
}
