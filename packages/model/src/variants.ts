import { fullRank } from '@mmolre/moe';
import type { VariantName } from './command-line';
import type { ModelConfig } from './config';

type Variant = (model: ModelConfig) => ModelConfig;

const unitse = (model: ModelConfig, change: Partial<ModelConfig['unitse']>): ModelConfig => ({
  ...model,
  unitse: { ...model.unitse, ...change },
});

/** The whole model, as the preset has it. */
const mmolre: Variant = (model) => model;
/** Shared encoders and a fusion for each task, no UniTSE: hard parameter sharing. Section IV-D. */
const preFusion: Variant = (model) => unitse(model, { numBlocks: 0 });
/** That, with one fusion for both tasks: only the heads are each task's own. Section IV-D. */
const postFusion: Variant = (model) => ({ ...preFusion(model), fusion: { ...model.fusion, perTask: false } });
/** Sentiment alone, without UniTSE: the baseline of figure 3. Section IV-D. */
const msaOnly: Variant = (model) => ({ ...preFusion(model), tasks: ['sentiment'] });
/** Emotion alone, without UniTSE: the baseline of table II. Section IV-D. */
const merOnly: Variant = (model) => ({ ...preFusion(model), tasks: ['emotion'] });

/** Experts of full rank: the standard mixture of experts that section III-B compares its costs with. */
const fullRankExperts: Variant = (model) => {
  const { ranks, taskRank } = fullRank({ ...model.unitse, dModel: model.dModel, tasks: model.tasks });
  return unitse(model, { ranks: [...ranks], taskRank });
};
/** No experts of the tasks' own, ranks and choice as they are: Ma et al., 2018. */
const mmoe: Variant = (model) => unitse(model, { mixture: 'mmoe' });
/** The tasks' own experts are gated too, and the shared ones keep a stream; ranks and choice as they are: Tang et al., 2020. */
const ple: Variant = (model) => unitse(model, { mixture: 'ple' });

/** What the paper compares with (section IV-D), and other experts behind the same interface; each changes any model. */
export const modelVariants = {
  mmolre,
  'msa-only': msaOnly,
  'mer-only': merOnly,
  'pre-fusion': preFusion,
  'post-fusion': postFusion,
  'full-rank': fullRankExperts,
  mmoe,
  ple,
} satisfies Record<VariantName, Variant>;
