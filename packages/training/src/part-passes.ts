import { type Example, hasText, MODALITIES, type Modality, type Model, type Prediction, predict } from '@mmolre/model';
import type { Together } from '@mmolre/nn';

/** What a model says of a split. */
export type Passes = {
  /** Of every example, as it is. */ whole: readonly Prediction[];
  /** Positions of the examples that have both text and audio; none of a run that was trained without one of them. */
  both: readonly number[];
  /** Of these, in their order: with that modality blanked. */ without: Record<Modality, readonly Prediction[]>;
};

export type PassOptions = {
  /** What the run was trained without. */ ablate: Modality | 'none';
  /** Hears how many predictions are made, of how many, and of which pass. */
  onProgress: (done: number, total: number, pass: string) => void;
  /** Others that make some of them. */ together?: Together | undefined;
};

/** Predictions of each example, and again of those that have both modalities without the one and without the other: up to three passes. */
export function predictPasses(
  model: Model,
  examples: readonly Example[],
  { ablate, onProgress, together }: PassOptions,
): Passes {
  const both = examples.flatMap((example, i) => (ablate === 'none' && hasBoth(example) ? [i] : []));
  const total = examples.length + MODALITIES.length * both.length;
  let before = 0;
  const pass = (of: readonly Example[], blanked: Modality | 'none', name: string) => {
    const { predictions } = predict(model, of, {
      ablate: blanked,
      ...(together && { together }),
      onProgress: (done) => onProgress(before + done, total, name),
    });
    before += of.length;
    return predictions;
  };
  const paired = both.map((i) => examples[i]!);
  return {
    whole: pass(examples, ablate, 'as they are'),
    both,
    without: { text: pass(paired, 'text', 'without text'), audio: pass(paired, 'audio', 'without audio') },
  };
}

const hasBoth = (example: Example) => hasText(example) && example.audio !== undefined;
