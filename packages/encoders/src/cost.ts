import { convLength } from '@mmolre/nn';
import type { BertConfig } from './bert/bert-config';
import type { CompactAudioConfig } from './compact/compact-audio';
import { type CompactTextConfig, SUBWORD_WIDTH } from './compact/compact-text';
import { melFrames, SAMPLE_RATE } from './compact/log-mel';
import type { Data2VecAudioConfig } from './data2vec-audio/data2vec-audio-config';
import { frameLength } from './data2vec-audio/raw-audio';

// Counts for one item, without padding. Multiply-adds are those of matrix products and convolutions, attention's two products
// among them; biases, norms, activations and look-ups are not counted, and neither are log-mel frames, made once a clip.

/** What a part of an encoder holds and does; `name` is the path of its parameters. */
export type EncoderCost = { name: string; parameters: number; multiplyAdds: number };

/** The same of an audio encoder, and the vectors that it gives for the clip. */
export type AudioEncoderCost = { frames: number; components: EncoderCost[] };

/** Subwords in the table of the compact text encoder. */
export const SUBWORD_COUNT = 30_522;

/** What decides the cost of a BERT or RoBERTa. */
export type BertSize = Pick<
  BertConfig,
  'vocabSize' | 'maxPositions' | 'numTokenTypes' | 'dModel' | 'numLayers' | 'width'
>;

/** What decides the cost of a Data2Vec-audio encoder. */
export type Data2VecAudioSize = Pick<
  Data2VecAudioConfig,
  'convs' | 'convBias' | 'positions' | 'dModel' | 'numLayers' | 'width'
>;

const base = { dModel: 768, numLayers: 12, width: 3072 };
const large = { dModel: 1024, numLayers: 24, width: 4096 };
const english = { vocabSize: 50_265, maxPositions: 514, numTokenTypes: 1 };
const samples = {
  convs: [[10, 5], ...new Array(4).fill([3, 2]), [2, 2], [2, 2]].map(([kernel, stride]) => ({
    channels: 512,
    kernel: kernel as number,
    stride: stride as number,
  })),
  convBias: false,
  positions: { numLayers: 5, kernel: 19, groups: 16 },
};

export const robertaSizes: Record<'base' | 'large', BertSize> = {
  base: { ...english, ...base },
  large: { ...english, ...large },
};
export const data2VecAudioSizes: Record<'base' | 'large', Data2VecAudioSize> = {
  base: { ...samples, ...base },
  large: { ...samples, ...large },
};

/** The compact text encoder on a text of that many tokens, the two special ones included. */
export function compactTextCost(config: CompactTextConfig, tokens: number): EncoderCost[] {
  const D = SUBWORD_WIDTH;
  return [
    weights('table', SUBWORD_COUNT * D),
    weights('positions', config.maxTokens * D),
    weights('norm', 2 * D),
    transformerLayers('layers', { ...config, dModel: D }, tokens),
  ];
}

/** The compact audio encoder on a clip of that length. */
export function compactAudioCost(config: CompactAudioConfig, dModel: number, seconds: number): AudioEncoderCost {
  const D = dModel;
  let frames = melFrames(Math.floor(seconds * SAMPLE_RATE));
  let positions = melFrames(config.maxSeconds * SAMPLE_RATE);
  const convs = weights('convs', 0);
  config.convs.forEach(({ kernel, stride }, i) => {
    const taps = kernel * (i === 0 ? config.mel.numBands : D) * D;
    frames = convLength(frames, stride);
    positions = convLength(positions, stride);
    convs.parameters += taps + D + 2 * D;
    convs.multiplyAdds += frames * taps;
  });
  return {
    frames,
    components: [
      convs,
      weights('positions', positions * D),
      weights('norm', 2 * D),
      transformerLayers('layers', { ...config, dModel }, frames),
    ],
  };
}

/** BERT or RoBERTa up to its last hidden state (no pooler) on a text of that many tokens, the two special ones included. */
export function bertCost(size: BertSize, tokens: number): EncoderCost[] {
  const { vocabSize, maxPositions, numTokenTypes, dModel: D } = size;
  return [
    weights('embeddings', (vocabSize + maxPositions + numTokenTypes) * D + 2 * D),
    transformerLayers('encoder', size, tokens),
  ];
}

/** Data2Vec-audio on a clip of that length at 16 kHz, convolutions over samples included: 299 frames of six seconds at base size. */
export function data2VecAudioCost(size: Data2VecAudioSize, seconds: number): AudioEncoderCost {
  const { convs, convBias, dModel: D, positions } = size;
  const extractor = weights('feature_extractor', 0);
  let [frames, channels] = [Math.floor(seconds * SAMPLE_RATE), 1];
  for (const conv of convs) {
    const taps = conv.kernel * channels * conv.channels;
    frames = frameLength(frames, [conv]);
    channels = conv.channels;
    extractor.parameters += taps + (convBias ? channels : 0) + 2 * channels;
    extractor.multiplyAdds += frames * taps;
  }
  const positional = positions.kernel * (D / positions.groups) * D;
  const layers = transformerLayers('encoder', size, frames);
  const components = [
    weights('masked_spec_embed', D),
    extractor,
    { name: 'feature_projection', parameters: 2 * channels + (channels + 1) * D, multiplyAdds: frames * channels * D },
    {
      name: 'encoder',
      parameters: positions.numLayers * (positional + D) + 2 * D + layers.parameters,
      multiplyAdds: frames * positions.numLayers * positional + layers.multiplyAdds,
    },
  ];
  return { frames, components };
}

/** Parameters that are looked up or applied element by element. */
function weights(name: string, parameters: number): EncoderCost {
  return { name, parameters, multiplyAdds: 0 };
}

function transformerLayers(
  name: string,
  { dModel: D, numLayers, width }: { dModel: number; numLayers: number; width: number },
  length: number,
): EncoderCost {
  const products = 4 * D * D + 2 * D * width;
  const biasesAndNorms = 4 * D + (width + D) + 4 * D;
  return {
    name,
    parameters: numLayers * (products + biasesAndNorms),
    multiplyAdds: numLayers * (length * products + 2 * length * length * D),
  };
}
