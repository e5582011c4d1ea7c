import { hasText, MODALITIES, type Modality, type Task } from '@mmolre/model';
import { type Answer, type Answering, answersOf, exampleOf, type Utterance } from './answers';
import { batchGates } from './batch-gates';

export type { Answer, Answering, Utterance } from './answers';

/** An answer, and where it comes from. */
export type Explanation = Answer & {
  /** What is said with the other modality left out: of each that the utterance has. */
  alone: Partial<Record<Modality, Answer>>;
  /**
   * Of each modality that the utterance has, by block, first to last: the gates, 0 .. 1, that each task's router gave the shared experts. 0: that
   * one did not answer.
   */
  experts: Partial<Record<Modality, Record<Task, number[]>[]>>;
};

/**
 * Answers of a trained model with what they are made of, for as many utterances as go through it at once.
 *
 * @throws If an utterance has neither text nor audio, or they are something else.
 */
export function explanationsOf(answering: Answering, utterances: readonly Utterance[]): Explanation[] {
  if (utterances.length === 0) return [];
  const { model, config } = answering;
  const { ablate } = config.training;
  const examples = utterances.map(exampleOf);
  const given = examples.map((example) =>
    MODALITIES.filter((name) => name !== ablate && (name === 'text' ? hasText(example) : example.audio)),
  );
  // Of one that has a single modality the whole answer is that of the modality.
  const parts = given.flatMap((names, i) =>
    names.length > 1 ? names.map((name) => ({ i, name, utterance: { [name]: utterances[i]![name] } })) : [],
  );
  const answers = answersOf(answering, [...utterances, ...parts.map(({ utterance }) => utterance)]);
  const gates = batchGates(model, examples, ablate);
  return utterances.map((_, i) => {
    const alone = given[i]!.map((name) => {
      const part = parts.findIndex((one) => one.i === i && one.name === name);
      return [name, answers[part < 0 ? i : utterances.length + part]!];
    });
    const experts = given[i]!.map((name) => [name, gates[name].map((block) => rowOf(block, i))]);
    return { ...answers[i]!, alone: Object.fromEntries(alone), experts: Object.fromEntries(experts) };
  });
}

const rowOf = <Key extends string>(block: Record<Key, number[][]>, row: number) =>
  Object.fromEntries(Object.entries<number[][]>(block).map(([task, rows]) => [task, rows[row]!])) as Record<
    Key,
    number[]
  >;
