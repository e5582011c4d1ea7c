import type { BertConfig } from './bert/bert-config';
import type { CheckpointLayout } from './checkpoint/checkpoint';
import { SAMPLE_RATE } from './compact/log-mel';
import type { Data2VecAudioConfig } from './data2vec-audio/data2vec-audio-config';
import { frameLength } from './data2vec-audio/raw-audio';
import { type LoraConfig, loraLayout } from './lora/lora';

// Counts for one item, without padding. Multiply-adds are those of matrix products and convolutions, attention's two products
// among them; biases, norms, activations and look-ups are not counted, and neither are log-mel frames, made once a clip.

/** What a part of an encoder holds and does; `name` is the path of its parameters. */
export type EncoderCost = { name: string; parameters: number; multiplyAdds: number };

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

/** BERT or RoBERTa up to its last hidden state (no pooler) on a text of that many tokens, the two special ones included. */
export function bertCost(size: BertSize, tokens: number): EncoderCost[] {
  const { vocabSize, maxPositions, numTokenTypes, dModel: D } = size;
  return [
    weightsCost('embeddings', (vocabSize + maxPositions + numTokenTypes) * D + 2 * D),
    transformerCost('encoder', size, tokens),
  ];
}

/** Data2Vec-audio on a clip of that length at 16 kHz, convolutions over samples included; `length` is in frames: 299 of six seconds at base size. */
export function data2VecAudioCost(
  size: Data2VecAudioSize,
  seconds: number,
): { length: number; components: EncoderCost[] } {
  const { convs, convBias, dModel: D, positions } = size;
  const extractor = weightsCost('feature_extractor', 0);
  let [length, channels] = [Math.floor(seconds * SAMPLE_RATE), 1];
  for (const conv of convs) {
    const taps = conv.kernel * channels * conv.channels;
    length = frameLength(length, [conv]);
    channels = conv.channels;
    extractor.parameters += taps + (convBias ? channels : 0) + 2 * channels;
    extractor.multiplyAdds += length * taps;
  }
  const positional = positions.kernel * (D / positions.groups) * D;
  const layers = transformerCost('encoder', size, length);
  const components = [
    weightsCost('masked_spec_embed', D),
    extractor,
    { name: 'feature_projection', parameters: 2 * channels + (channels + 1) * D, multiplyAdds: length * channels * D },
    {
      name: 'encoder',
      parameters: positions.numLayers * (positional + D) + 2 * D + layers.parameters,
      multiplyAdds: length * positions.numLayers * positional + layers.multiplyAdds,
    },
  ];
  return { length, components };
}

/** Parameters that are looked up or applied element by element. */
export function weightsCost(name: string, parameters: number): EncoderCost {
  return { name, parameters, multiplyAdds: 0 };
}

export function transformerCost(
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

/** What is beside a frozen encoder: its adapters, or the weights of its hidden states. Nothing beside one that is not frozen. */
export function besideCost(
  { lora, frozen }: { lora: LoraConfig | null; frozen: 'layers' | null },
  layout: CheckpointLayout,
  { dModel, numLayers }: { dModel: number; numLayers: number },
  length: number,
): EncoderCost[] {
  if (frozen) {
    const states = numLayers + 1;
    return [{ name: 'layers', parameters: states, multiplyAdds: length * states * dModel }];
  }
  if (!lora) return [];
  const parameters = [...loraLayout(layout, lora).shapes.values()].reduce((sum, [dOut, dIn]) => sum + dOut! * dIn!, 0);
  return [{ name: 'lora', parameters, multiplyAdds: length * parameters }];
}
