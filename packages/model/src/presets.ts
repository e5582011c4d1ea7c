import { audioKinds, textKinds } from '@mmolre/encoders';
import { type ModelConfig, TASKS } from './config';

const fifteen = (rank: number) => Array.from({ length: 15 }, () => rank);

/**
 * The paper's model: base-size encoders, two blocks, five fusion layers. What it leaves open is the default of the field.
 *
 * @param rank Of the 15 shared experts: 64 for MOSI, 128 for MOSEI.
 * @param topK Of which a sample selects so many: 11 for MOSI, 8 for MOSEI.
 * @see MMoLRE, section IV-B
 */
export const paperModel = (rank: number, topK: number): ModelConfig => ({
  dModel: 768,
  tasks: [...TASKS],
  text: { ...textKinds.roberta.preset(), project: false },
  audio: { ...audioKinds['data2vec-audio'].preset(), project: false },
  unitse: {
    numBlocks: 2,
    mixture: 'mmolre',
    ranks: fifteen(rank),
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
  auxiliaryPooling: 'predecessor',
  auxiliaryAdded: false,
  emotionLoss: 'bce',
  emotionSmoothing: 0,
  emotionClassWeights: 'none',
  emotionFocal: 0,
  taskWeighting: 'equal',
});

/** The whole architecture at width 96, with small encoders that train along with it. */
export function compactModel(): ModelConfig {
  const paper = paperModel(16, 8);
  return {
    ...paper,
    dModel: 96,
    text: textKinds.compact.preset(),
    audio: audioKinds.compact.preset(),
    unitse: { ...paper.unitse, taskRank: 16, residual: true, norm: true },
    fusion: { ...paper.fusion, numLayers: 2, numHeads: 4, width: 192 },
    heads: { hidden: 96, dropout: 0.1 },
    auxiliaryWeight: 1,
  };
}
