import { convLength, freeze, type Params } from '@mmolre/nn';
import { z } from 'zod';
import {
  type CompactAudioParams,
  createCompactAudio,
  fitCompactAudio,
  initCompactAudio,
} from '../compact/compact-audio';
import { FUNCTIONALS } from '../compact/functionals';
import { melFrames, SAMPLE_RATE } from '../compact/log-mel';
import { transformerCost, weightsCost } from '../cost';
import { countUpTo, numHeads, numLayers, probability, width } from './fields';
import type { EncoderKind } from './kind';

const schema = z.strictObject({
  kind: z.literal('compact'),
  mel: z
    .strictObject({ numBands: countUpTo(1024), lowest: z.number().min(0), highest: z.number().max(8000) })
    .refine(({ lowest, highest }) => lowest < highest, 'expected lowest below highest'),
  normalise: z
    .enum(['clip', 'bands'])
    .default('clip')
    .describe('what has zero mean and unit variance: each clip, or each band over the training clips'),
  convNorm: z
    .enum(['layer', 'batch'])
    .default('layer')
    .describe('behind a convolution: of each position, or of each channel over the batch'),
  convs: z
    .array(z.strictObject({ kernel: countUpTo(1024), stride: countUpTo(1024) }))
    .min(1)
    .max(32),
  numLayers,
  numHeads,
  width,
  dropout: probability,
  functionals: z
    .strictObject({ dropout: probability })
    .nullable()
    .default(null)
    .describe(
      'what the whole clip is like (MFCC, energy, F0), added to each position, and how much of it training drops',
    ),
  augment: z.strictObject({
    frequencyWarp: z.number().min(0).max(0.5),
    tempo: z.number().min(0).max(0.5).default(0),
    crop: z.number().min(0.1).max(1).default(1),
    timeMask: probability,
    frequencyMask: z.number().int().min(0).max(1024),
    numMasks: z.number().int().min(0).max(1024),
  }),
  maxSeconds: z.number().positive().max(60),
});

/** Strided convolutions over log-mel frames and a few transformer layers, trained with the model. Recordings are cut at six seconds, as MMML does. */
export const compactAudio: EncoderKind<Float32Array, typeof schema> = {
  schema,
  preset: () => ({
    kind: 'compact',
    mel: { numBands: 80, lowest: 20, highest: 7600 },
    normalise: 'clip',
    convNorm: 'layer',
    convs: [
      { kernel: 5, stride: 2 },
      { kernel: 3, stride: 2 },
      { kernel: 3, stride: 2 },
    ],
    numLayers: 1,
    numHeads: 4,
    width: 192,
    dropout: 0.1,
    functionals: null,
    augment: { frequencyWarp: 0.15, tempo: 0, crop: 1, timeMask: 0.2, frequencyMask: 12, numMasks: 2 },
    maxSeconds: 6,
  }),
  cost(config, D, seconds) {
    let length = melFrames(Math.floor(Math.min(seconds, config.maxSeconds) * SAMPLE_RATE));
    let positions = melFrames(config.maxSeconds * SAMPLE_RATE);
    const bands = config.normalise === 'bands' ? [weightsCost('bands', 2 * config.mel.numBands)] : [];
    const functionals = config.functionals
      ? [{ ...weightsCost('functionals', FUNCTIONALS * (D + 2) + D), multiplyAdds: FUNCTIONALS * D }]
      : [];
    const convs = weightsCost('convs', 0);
    config.convs.forEach(({ kernel, stride }, i) => {
      const taps = kernel * (i === 0 ? config.mel.numBands : D) * D;
      length = convLength(length, stride);
      positions = convLength(positions, stride);
      convs.parameters += taps + D + (config.convNorm === 'batch' ? 4 : 2) * D;
      convs.multiplyAdds += length * taps;
    });
    const layers = transformerCost('layers', { ...config, dModel: D }, length);
    return {
      length,
      components: [
        ...bands,
        convs,
        weightsCost('positions', positions * D),
        ...functionals,
        weightsCost('norm', 2 * D),
        layers,
      ],
    };
  },
  open: async (config, dModel) => ({
    init: (rng) => initCompactAudio(config, dModel, rng),
    ...((config.normalise === 'bands' || config.convNorm === 'batch' || config.functionals) && {
      fit: (params: Params, clips: readonly Float32Array[]) =>
        fitCompactAudio(params as CompactAudioParams, config, clips),
    }),
    over(params) {
      const tree = params as CompactAudioParams;
      if (tree.bands) freeze(tree.bands);
      if (tree.functionals) freeze(tree.functionals.moments);
      for (const { norm } of tree.convs) if ('moments' in norm) freeze(norm.moments);
      return createCompactAudio(config, tree);
    },
    files: new Map(),
  }),
};
