import { audioKinds, textKinds } from '@mmolre/encoders';
import { compactModel, type ModelConfig, modelVariants, paperModel, type VariantName } from '@mmolre/model';
import type { PresetName } from './preset-names';
import { ownLabels, plainReading, type RunConfig, type TrainingConfig } from './run-config';

const paperTraining: TrainingConfig = {
  learningRate: 1e-5,
  encoderLearningRate: null,
  weightDecay: 0.01,
  decayAll: true,
  schedule: 'constant',
  warmupSteps: 0,
  maxGradNorm: null,
  batchSize: 8,
  microBatch: null,
  precision: 'float32',
  maxEpochs: 100,
  maxSteps: null,
  selectBy: 'loss',
  patience: 8,
  lengthBuckets: false,
  averageDecay: 0,
  modalityDropout: 0,
  ablate: 'none',
  thresholds: 'fixed',
};

const run = (data: string, model: ModelConfig, training: TrainingConfig): RunConfig => ({
  data,
  reading: { ...plainReading },
  ...structuredClone(ownLabels),
  fold: null,
  seed: 1,
  model,
  training,
});

/** MOSI as the paper trains it: rank 64, 11 of 15 experts. Needs RoBERTa and Data2Vec-audio, a folder of MOSI, and a large machine. */
export const paperMosi = (): RunConfig => run('data/mosi', paperModel(64, 11), { ...paperTraining });

/** MOSEI as the paper trains it: rank 128, 8 of 15 experts. */
export const paperMosei = (): RunConfig => run('data/mosei', paperModel(128, 8), { ...paperTraining });

/** MOSI on a small machine: narrow behind encoders of the paper's size, of which little or nothing trains. */
function smallMosi({ text, audio }: Pick<ModelConfig, 'text' | 'audio'>): RunConfig {
  const paper = paperModel(32, 11);
  const model: ModelConfig = {
    ...paper,
    dModel: 192,
    text,
    audio,
    unitse: { ...paper.unitse, taskRank: 64 },
    fusion: { ...paper.fusion, numLayers: 2, numHeads: 6, width: 768 },
    heads: { ...paper.heads, hidden: 128 },
  };
  return run('data/mosi', model, { ...paperTraining, learningRate: 1e-4, maxGradNorm: 1 });
}

/**
 * MOSI with adapters (LoRA) beside frozen encoders of the paper's size. Memory and time: benchmarks/results. The rate is one usual for
 * adapters; what the run scores on MOSI is not known here.
 */
export const mosiLora = (): RunConfig => {
  const lora = (...targets: string[]) => ({ rank: 8, alpha: 16, targets, dropout: 0.1 });
  const whole = smallMosi({
    text: { ...textKinds.roberta.preset(), lora: lora('query', 'value') },
    audio: { ...audioKinds['data2vec-audio'].preset(), lora: lora('q_proj', 'v_proj') },
  });
  return { ...whole, training: { ...whole.training, microBatch: 4 } };
};

/**
 * MOSI with frozen encoders of the paper's size: all their hidden states are computed once, kept on disk, and weighted by scalars that train.
 * Two frames of audio, 40 ms, are kept as one. Memory, time and disk: benchmarks/results. What the run scores on MOSI is not known here.
 */
export const mosiFrozen = (): RunConfig =>
  smallMosi({
    text: { ...textKinds.roberta.preset(), frozen: 'layers' },
    audio: { ...audioKinds['data2vec-audio'].preset(), frozen: 'layers', averageFrames: 2 },
  });

/**
 * The default run: the whole architecture at width 96 on review-speech; the last two layers of all-MiniLM-L6-v2 and a convolutional voice
 * encoder train with it. Expected on its test split: see the README. How it was found: benchmarks/LOG.md.
 */
export function small(): RunConfig {
  const { model, training, ...rest } = compact();
  return {
    ...rest,
    model: {
      ...model,
      text: { ...textKinds.minilm.preset(), trainedLayers: 2 },
      audio: {
        ...audioKinds.compact.preset(),
        normalise: 'bands',
        convNorm: 'batch',
        functionals: { dropout: 0.5 },
        augment: { ...audioKinds.compact.preset().augment, frequencyWarp: 0.12, tempo: 0.1, crop: 0.8 },
      },
      auxiliaryPooling: 'statistics',
      auxiliaryAdded: true,
      emotionLoss: 'category-ce',
      emotionSmoothing: 0.3,
      emotionClassWeights: 'balanced',
    },
    training: {
      ...training,
      encoderLearningRate: { text: 5e-4, audio: null },
      selectBy: 'last',
      thresholds: 'fixed',
    },
  };
}

/** The same with encoders that start from nothing, and the losses and heads of the paper: the smallest run, which fetches nothing. */
export const compact = (): RunConfig =>
  run('data/review-speech', compactModel(), {
    learningRate: 1e-3,
    encoderLearningRate: null,
    weightDecay: 0.01,
    decayAll: true,
    schedule: 'cosine',
    warmupSteps: 20,
    maxGradNorm: 1,
    batchSize: 32,
    microBatch: null,
    precision: 'float32',
    maxEpochs: 3,
    maxSteps: null,
    selectBy: 'loss',
    patience: 8,
    lengthBuckets: false,
    averageDecay: 0.98,
    modalityDropout: 0.15,
    ablate: 'none',
    thresholds: 'validation',
  });

/**
 * The default run cut short, for comparing many: about a minute on two idle cores. Its figures are below the default run's, and say
 * only what a change does to the first steps.
 */
export const quick = (): RunConfig => ({
  ...compact(),
  training: { ...compact().training, batchSize: 16, maxEpochs: 1, maxSteps: 160 },
});

export const presets = {
  small,
  compact,
  quick,
  'mosi-lora': mosiLora,
  'mosi-frozen': mosiFrozen,
  'paper-mosi': paperMosi,
  'paper-mosei': paperMosei,
} satisfies Record<PresetName, () => RunConfig>;

/** What the paper compares with (section IV-D), and other experts behind the same interface; each changes any run. */
export const variants = Object.fromEntries(
  Object.entries(modelVariants).map(([name, change]) => [
    name,
    (run: RunConfig) => ({ ...run, model: change(run.model) }),
  ]),
) as Record<VariantName, (run: RunConfig) => RunConfig>;
