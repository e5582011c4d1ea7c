import { NUM_EMOTIONS } from '@mmolre/datasets/sample';
import { audioCost, textCost } from '@mmolre/encoders';
import { fusionCost } from '@mmolre/fusion';
import { emotionLogits } from '@mmolre/losses';
import { type BlockCostOptions, type ComponentCost, type Cost, totalCost, uniTseCost } from '@mmolre/moe';
import { blockOptions } from './block-options';
import { MODALITIES, type Modality, type ModelConfig } from './config';

/** One sample, without padding: tokens with the two special ones, and seconds of audio. */
export type CostInput = { tokens: number; seconds: number };

/** The config.json of the encoders' weights, where these are at hand: it says their sizes. In Node `readSize` of `@mmolre/encoders/node`. */
export type EncoderSizes = Partial<Record<Modality, Record<string, unknown> | undefined>>;

/** The longest input that the encoders of a configuration do not cut. */
export function longestInput({ text, audio }: ModelConfig): CostInput {
  return { tokens: text.maxTokens, seconds: audio.maxSeconds };
}

/**
 * Parameters of the whole model by component, named by the path of its parameters, and the multiply-adds of one sample through them:
 * matrix products and convolutions, attention's two products among them. Not counted: biases, norms, activations, look-ups, scaling
 * by gates, and the log-mel frames, which are made once a clip. A frozen encoder's weights and work are counted, though they are not in
 * the tree and done once a text.
 *
 * @param active Work of all shared experts, or of those that a sample selects (`taskMoeCost` says what that means).
 */
export function modelCost(
  config: ModelConfig,
  input: CostInput,
  active: BlockCostOptions['active'] = 'selected',
  sizes: EncoderSizes = {},
): Cost {
  const { dModel: D, tasks } = config;
  const encoders = encoderCosts(config, input, sizes);
  const lengths = { text: encoders.text.length, audio: encoders.audio.length };
  const pooled = config.auxiliaryPooling === 'statistics' ? 2 * D : D;
  const emotions = emotionLogits(config.emotionLoss, NUM_EMOTIONS);
  const heads = (path: string, dIn: number) =>
    tasks.map((task) => headCost(`${path}.${task}`, dIn, D, config.heads.hidden, task === 'sentiment' ? 1 : emotions));
  const blocks = (modality: Modality) =>
    blockOptions(config.unitse, modality).map((options) => ({ ...options, dModel: D, tasks }));
  const unitse = (modality: Modality) =>
    uniTseCost(blocks(modality), config.unitse.numBlocks, lengths[modality], active).flatMap(({ components }, block) =>
      under(`unitse.${modality}.${block}`, components),
    );
  return totalCost([
    ...MODALITIES.flatMap((modality) => under(modality, encoders[modality].components)),
    ...MODALITIES.flatMap(unitse),
    ...(config.fusion.perTask ? tasks : ['shared']).map((name) => ({
      name: `fusion.${name}`,
      ...fusionCost({ ...config.fusion, dModel: D }, lengths.text, lengths.audio),
    })),
    ...heads('heads', 2 * D),
    ...(config.auxiliaryWeight > 0
      ? [
          ...(pooled === D ? [{ name: 'auxiliary.text.pooler', ...linearCost(D, D) }] : []),
          ...heads('auxiliary.text', pooled),
          ...heads('auxiliary.audio', pooled),
        ]
      : []),
    ...(config.taskWeighting === 'uncertainty'
      ? [{ name: 'logVariances', parameters: tasks.length, multiplyAdds: 0 }]
      : []),
  ]);
}

/** What stands between each modality's encoder and the heads: vectors of a sample. */
export function inputLengths(
  config: ModelConfig,
  input: CostInput,
  sizes: EncoderSizes = {},
): Record<Modality, number> {
  const { text, audio } = encoderCosts(config, input, sizes);
  return { text: text.length, audio: audio.length };
}

function encoderCosts({ text, audio, dModel }: ModelConfig, { tokens, seconds }: CostInput, sizes: EncoderSizes) {
  const costs = {
    text: textCost(text, dModel, tokens, sizes.text),
    audio: audioCost(audio, dModel, seconds, sizes.audio),
  };
  if (costs.text.length < 1 || costs.audio.length < 1)
    throw new Error(`input: expected at least a token and a frame, found ${tokens} tokens and ${seconds} seconds`);
  return costs;
}

function headCost(name: string, dIn: number, dModel: number, hidden: number, outputs: number): ComponentCost {
  const layers = [linearCost(dIn, dModel), linearCost(dModel, hidden), linearCost(hidden, outputs)];
  const { parameters, multiplyAdds } = totalCost(layers.map((layer) => ({ name, ...layer })));
  return { name, parameters, multiplyAdds };
}

const linearCost = (dIn: number, dOut: number) => ({ parameters: (dIn + 1) * dOut, multiplyAdds: dIn * dOut });

const under = (path: string, components: readonly ComponentCost[]): ComponentCost[] =>
  components.map((component) => ({ ...component, name: `${path}.${component.name}` }));
