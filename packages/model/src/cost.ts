import { fusionCost } from '@mmolre/fusion';
import { type BlockCostOptions, type ComponentCost, type Cost, totalCost, uniTseCost } from '@mmolre/moe';
import { blockOptions } from './block-options';
import { type ModelConfig, NUM_EMOTIONS } from './config';
import { audioCost, textCost } from './encoder-sizes';
import { MODALITIES, type Modality } from './mmolre';

/** One sample, without padding: tokens with the two special ones, and seconds of audio. */
export type CostInput = { tokens: number; seconds: number };

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
): Cost {
  const { dModel: D, tasks } = config;
  const lengths = inputLengths(config, input);
  const heads = (path: string, dIn: number) =>
    tasks.map((task) =>
      headCost(`${path}.${task}`, dIn, D, config.heads.hidden, task === 'sentiment' ? 1 : NUM_EMOTIONS),
    );
  const blocks = (modality: Modality) =>
    blockOptions(config.unitse, modality).map((options) => ({ ...options, dModel: D, tasks }));
  const unitse = (modality: Modality) =>
    uniTseCost(blocks(modality), config.unitse.numBlocks, lengths[modality], active).flatMap(({ components }, block) =>
      under(`unitse.${modality}.${block}`, components),
    );
  return totalCost([
    ...under('text', textCost(config, lengths.text)),
    ...under('audio', audioCost(config, input.seconds).components),
    ...MODALITIES.flatMap(unitse),
    ...(config.fusion.perTask ? tasks : ['shared']).map((name) => ({
      name: `fusion.${name}`,
      ...fusionCost({ ...config.fusion, dModel: D }, lengths.text, lengths.audio),
    })),
    ...heads('heads', 2 * D),
    ...(config.auxiliaryWeight > 0
      ? [
          { name: 'auxiliary.text.pooler', ...linearCost(D, D) },
          ...heads('auxiliary.text', D),
          ...heads('auxiliary.audio', D),
        ]
      : []),
    ...(config.taskWeighting === 'uncertainty'
      ? [{ name: 'logVariances', parameters: tasks.length, multiplyAdds: 0 }]
      : []),
  ]);
}

/** What stands between each modality's encoder and the heads: vectors of a sample. */
export function inputLengths(config: ModelConfig, { tokens, seconds }: CostInput): Record<Modality, number> {
  const { frames } = audioCost(config, seconds);
  if (tokens < 1 || frames < 1)
    throw new Error(`input: expected at least a token and a frame, found ${tokens} tokens and ${seconds} seconds`);
  return { text: Math.min(tokens, config.text.maxTokens), audio: frames };
}

function headCost(name: string, dIn: number, dModel: number, hidden: number, outputs: number): ComponentCost {
  const layers = [linearCost(dIn, dModel), linearCost(dModel, hidden), linearCost(hidden, outputs)];
  const { parameters, multiplyAdds } = totalCost(layers.map((layer) => ({ name, ...layer })));
  return { name, parameters, multiplyAdds };
}

const linearCost = (dIn: number, dOut: number) => ({ parameters: (dIn + 1) * dOut, multiplyAdds: dIn * dOut });

const under = (path: string, components: readonly ComponentCost[]): ComponentCost[] =>
  components.map((component) => ({ ...component, name: `${path}.${component.name}` }));
