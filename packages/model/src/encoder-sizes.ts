import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AudioEncoderCost,
  type BertSize,
  bertCost,
  compactAudioCost,
  compactTextCost,
  type Data2VecAudioSize,
  data2VecAudioCost,
  data2VecAudioSizes,
  type EncoderCost,
  readBertConfig,
  readData2VecAudioConfig,
  robertaSizes,
} from '@mmolre/encoders';
import type { ModelConfig } from './config';
import { BY_PIP, type TextKind } from './encoder-config';

const bertTable = { vocabSize: 30_522, maxPositions: 512, numTokenTypes: 2 };
const bertSizes = {
  base: { ...bertTable, dModel: 768, numLayers: 12, width: 3072 },
  large: { ...bertTable, dModel: 1024, numLayers: 24, width: 4096 },
};
const miniLmSizes = { L6: { ...bertTable, dModel: 384, numLayers: 6, width: 1536 } };

const textSizes: Record<Exclude<TextKind, 'compact'>, Record<string, BertSize>> = {
  roberta: robertaSizes,
  bert: bertSizes,
  minilm: miniLmSizes,
};

/** The text encoder on a text of that many tokens, and the layer behind it. A frozen one's parameters are counted too. */
export function textCost({ text, dModel }: ModelConfig, tokens: number): EncoderCost[] {
  if (text.kind === 'compact') return compactTextCost(text, tokens);
  const size = sizeOf(text, dModel, textSizes[text.kind], readBertConfig);
  return [...bertCost(size, tokens), ...projectionCost(size.dModel, dModel, tokens)];
}

/** The audio encoder on a clip of that length, and the layer behind it. */
export function audioCost({ audio, dModel }: ModelConfig, seconds: number): AudioEncoderCost {
  const heard = Math.min(seconds, audio.maxSeconds);
  if (audio.kind === 'compact') return compactAudioCost(audio, dModel, heard);
  const size: Data2VecAudioSize = sizeOf(audio, dModel, data2VecAudioSizes, readData2VecAudioConfig);
  const { frames, components } = data2VecAudioCost(size, heard);
  return { frames, components: [...components, ...projectionCost(size.dModel, dModel, frames)] };
}

/**
 * The size of an encoder: as its folder says, else the known one of the model's width, or of what its name says where a layer stands
 * between. A configuration names its weights, which need not be there to be counted.
 */
function sizeOf<Size extends { dModel: number }>(
  { model, project }: { model: string; project: boolean },
  dModel: number,
  known: Record<string, Size>,
  read: (json: unknown, name: string) => Size,
): Size {
  const file = join(model, 'config.json');
  if (model !== BY_PIP && !model.startsWith('hf:') && existsSync(file)) {
    const size = read(JSON.parse(readFileSync(file, 'utf8')), file);
    if (size.dModel === dModel || project) return size;
    throw new Error(`model.dModel: expected ${size.dModel}, the width of ${model}, found ${dModel}`);
  }
  if (project) return (/large/i.test(model) && known.large) || Object.values(known)[0]!;
  const size = Object.values(known).find((size) => size.dModel === dModel);
  if (size) return size;
  const widths = Object.entries(known).map(([name, { dModel }]) => `${dModel} (${name})`);
  throw new Error(`model.dModel: expected the width of a known encoder, ${widths.join(' or ')}, found ${dModel}`);
}

function projectionCost(width: number, dModel: number, positions: number): EncoderCost[] {
  if (width === dModel) return [];
  return [{ name: 'projection', parameters: (width + 1) * dModel, multiplyAdds: positions * width * dModel }];
}
