import {
  type CostInput,
  type EncoderSizes,
  inputLengths,
  longestInput,
  type ModelConfig,
  modelCost,
  modelVariants,
} from '@mmolre/model';
import { fullRank, standardMoeRatios, taskMoeCost } from '@mmolre/moe';
import type { CostFacts, Sums } from '@mmolre/report';

/** What a configuration holds and what it does for one sample, beside the standard mixture of experts. */
export function costFacts(config: ModelConfig, input: Partial<CostInput> = {}, sizes: EncoderSizes = {}): CostFacts {
  const asked = { ...longestInput(config), ...input };
  const lengths = inputLengths(config, asked, sizes);
  const taskMoe = { ...config.unitse, dModel: config.dModel, tasks: config.tasks };

  const whole = (of: ModelConfig) => both((active) => modelCost(of, asked, active, sizes));
  const block = (of: typeof taskMoe) =>
    both((active) => taskMoeCost(of, lengths.audio, { active, isLast: config.unitse.numBlocks === 1 }));
  const model = whole(config);
  const found = {
    input: { tokens: lengths.text, seconds: Math.min(asked.seconds, config.audio.maxSeconds), frames: lengths.audio },
    topK: config.unitse.topK,
    numExperts: config.unitse.ranks.length,
    model,
  };
  if (config.unitse.numBlocks === 0) return found;
  const standardModel = whole(modelVariants['full-rank'](config));
  const ratios = standardMoeRatios(taskMoe, lengths.audio);
  return {
    ...found,
    block: block(taskMoe),
    standardMoe: {
      model: sums(standardModel),
      block: sums(block(fullRank(taskMoe))),
      ratios: {
        blockParameters: ratios.parameters,
        multiplyAdds: ratios.multiplyAdds,
        modelParameters: standardModel.parameters / model.parameters,
      },
    },
  };
}

type Counted = {
  parameters: number;
  multiplyAdds: number;
  components: { name: string; parameters: number; multiplyAdds: number }[];
};

function both(count: (active: 'selected' | 'all') => Counted): CostFacts['model'] {
  const [selected, all] = [count('selected'), count('all')];
  return {
    parameters: all.parameters,
    multiplyAdds: { selected: selected.multiplyAdds, all: all.multiplyAdds },
    components: all.components.map(({ name, parameters, multiplyAdds }, i) => ({
      name,
      parameters,
      multiplyAdds: { selected: selected.components[i]!.multiplyAdds, all: multiplyAdds },
    })),
  };
}

const sums = ({ parameters, multiplyAdds }: CostFacts['model']): Sums => ({ parameters, multiplyAdds });
