import { type ModelConfig, ownLabels, type RunConfig, TASKS, type TrainingConfig } from './config';
import { audioPresets, textPresets } from './encoder-presets';
import { MODALITIES } from './mmolre';

const FIFTEEN = (rank: number) => Array.from({ length: 15 }, () => rank);

/** The paper's model: base-size encoders, two blocks, five fusion layers. Section IV-B; what it leaves open is the default of the field. */
const paperModel = (rank: number, topK: number): ModelConfig => ({
  dModel: 768,
  tasks: [...TASKS],
  text: { ...textPresets.roberta(), project: false },
  audio: { ...audioPresets['data2vec-audio'](), project: false },
  unitse: {
    numBlocks: 2,
    mixture: 'mmolre',
    ranks: FIFTEEN(rank),
    taskRank: 128,
    topK,
    expertActivation: 'identity',
    routerActivation: 'gelu',
    renormaliseGates: false,
    gateNoise: 0,
    upKernel: 1,
    residual: false,
    norm: false,
    balanceWeight: 0,
  },
  fusion: { numLayers: 5, numHeads: 12, width: 3072, dropout: 0.1, perTask: true, shareDirections: false },
  heads: { hidden: 512, dropout: 0.1 },
  auxiliaryWeight: 0,
  emotionLoss: 'bce',
  emotionClassWeights: 'none',
  emotionFocal: 0,
  taskWeighting: 'equal',
});

const paperTraining: TrainingConfig = {
  learningRate: 1e-5,
  weightDecay: 0.01,
  schedule: 'constant',
  warmupSteps: 0,
  maxGradNorm: null,
  batchSize: 8,
  maxEpochs: 100,
  maxSteps: null,
  patience: 8,
  lengthBuckets: false,
  averageDecay: 0,
  modalityDropout: 0,
  ablate: 'none',
  thresholds: 'fixed',
};

/** MOSI as the paper trains it: rank 64, 11 of 15 experts. Needs RoBERTa and Data2Vec-audio, a folder of MOSI, and a large machine. */
export const paperMosi = (): RunConfig => ({
  data: 'data/mosi',
  ...structuredClone(ownLabels),
  seed: 1,
  model: paperModel(64, 11),
  training: { ...paperTraining },
});

/** MOSEI as the paper trains it: rank 128, 8 of 15 experts. */
export const paperMosei = (): RunConfig => ({
  data: 'data/mosei',
  ...structuredClone(ownLabels),
  seed: 1,
  model: paperModel(128, 8),
  training: { ...paperTraining },
});

/**
 * The default run: the whole architecture at width 96 on review-speech, with encoders that train along with it. About four minutes
 * on two cores. Expected on its test split: see the README.
 */
export const compact = (): RunConfig => ({
  data: 'data/review-speech',
  ...structuredClone(ownLabels),
  seed: 1,
  model: {
    ...paperModel(16, 8),
    dModel: 96,
    text: textPresets.compact(),
    audio: audioPresets.compact(),
    unitse: { ...paperModel(16, 8).unitse, taskRank: 16, residual: true, norm: true },
    fusion: { ...paperModel(16, 8).fusion, numLayers: 2, numHeads: 4, width: 192 },
    heads: { hidden: 96, dropout: 0.1 },
    auxiliaryWeight: 1,
  },
  training: {
    learningRate: 1e-3,
    weightDecay: 0.01,
    schedule: 'cosine',
    warmupSteps: 20,
    maxGradNorm: 1,
    batchSize: 32,
    maxEpochs: 3,
    maxSteps: null,
    patience: 8,
    lengthBuckets: false,
    averageDecay: 0.98,
    modalityDropout: 0.15,
    ablate: 'none',
    thresholds: 'validation',
  },
});

/**
 * The default run cut short, for comparing many: about a minute on two idle cores. Its figures are below the default run's, and say
 * only what a change does to the first steps.
 */
export const quick = (): RunConfig => ({
  ...compact(),
  training: { ...compact().training, batchSize: 16, maxEpochs: 1, maxSteps: 160 },
});

export const presets = { compact, quick, 'paper-mosi': paperMosi, 'paper-mosei': paperMosei } satisfies Record<
  string,
  () => RunConfig
>;

export type PresetName = keyof typeof presets;

/**
 * Where a run leaves the paper, one line a field: `unitse.residual: true (paper: false)`. The ranks and the number of active
 * experts are the paper's in either of its two settings. Without UniTSE its other fields say nothing, and are left out; so are those of
 * how labels are unified, where none are. Which data is trained on, and whose labels, is no departure: the paper unifies MOSI's.
 */
export function departures(config: RunConfig): string[] {
  const papers = [flatten(paperMosi()), flatten(paperMosei())];
  const own = flatten(config);
  const isOfData = (path: string) => ['data', 'labels', 'unify.sources', 'seed'].includes(path);
  const isIdle = (path: string) =>
    (config.model.unitse.numBlocks === 0 && path.startsWith('model.unitse.') && path !== 'model.unitse.numBlocks') ||
    (config.labels !== 'unify' && path.startsWith('unify.'));
  /** A field of the paper's encoder that another kind has not: the kind says it already. */
  const isOfOtherEncoder = (path: string) =>
    own[path] === undefined &&
    MODALITIES.some((modality) => {
      const kind = `model.${modality}.kind`;
      return path.startsWith(`model.${modality}.`) && own[kind] !== papers[1]![kind];
    });
  const lines: string[] = [];
  for (const path of new Set([...Object.keys(own), ...Object.keys(papers[1]!)])) {
    if (isOfData(path) || isIdle(path) || isOfOtherEncoder(path)) continue;
    if (papers.some((paper) => paper[path] === own[path])) continue;
    const say = (value: string | undefined) => value ?? 'none';
    lines.push(`${path.replace(/^(model|training)\./, '')}: ${say(own[path])} (paper: ${say(papers[1]![path])})`);
  }
  return lines;
}

/** Leaf values as JSON by their dotted path; arrays are leaves. */
function flatten(value: unknown, path = ''): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { [path]: JSON.stringify(value) };
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, child]) => flatten(child, path ? `${path}.${key}` : key)),
  );
}
