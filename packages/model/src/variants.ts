import { fullRank } from '@mmolre/moe';
import type { ModelConfig, RunConfig } from './config';

type Variant = (run: RunConfig) => RunConfig;

const model = (run: RunConfig, change: Partial<ModelConfig>): RunConfig => ({
  ...run,
  model: { ...run.model, ...change },
});
const unitse = (run: RunConfig, change: Partial<ModelConfig['unitse']>): RunConfig =>
  model(run, { unitse: { ...run.model.unitse, ...change } });

/** The whole model, as the preset has it. */
const mmolre: Variant = (run) => run;
/** Shared encoders and a fusion for each task, no UniTSE: hard parameter sharing. Section IV-D. */
const preFusion: Variant = (run) => unitse(run, { numBlocks: 0 });
/** That, with one fusion for both tasks: only the heads are each task's own. Section IV-D. */
const postFusion: Variant = (run) => model(preFusion(run), { fusion: { ...run.model.fusion, perTask: false } });
/** Sentiment alone, without UniTSE: the baseline of figure 3. Section IV-D. */
const msaOnly: Variant = (run) => model(preFusion(run), { tasks: ['sentiment'] });
/** Emotion alone, without UniTSE: the baseline of table II. Section IV-D. */
const merOnly: Variant = (run) => model(preFusion(run), { tasks: ['emotion'] });

/** Experts of full rank: the standard mixture of experts that section III-B compares its costs with. */
const fullRankExperts: Variant = (run) => {
  const { ranks, taskRank } = fullRank({ ...run.model.unitse, dModel: run.model.dModel, tasks: run.model.tasks });
  return unitse(run, { ranks: [...ranks], taskRank });
};
/** No experts of the tasks' own, ranks and choice as they are: Ma et al., 2018. */
const mmoe: Variant = (run) => unitse(run, { mixture: 'mmoe' });
/** The tasks' own experts are gated too, and the shared ones keep a stream; ranks and choice as they are: Tang et al., 2020. */
const ple: Variant = (run) => unitse(run, { mixture: 'ple' });

/** What the paper compares with (section IV-D), and other experts behind the same interface; each changes any run. */
export const variants = {
  mmolre,
  'msa-only': msaOnly,
  'mer-only': merOnly,
  'pre-fusion': preFusion,
  'post-fusion': postFusion,
  'full-rank': fullRankExperts,
  mmoe,
  ple,
} satisfies Record<string, Variant>;

export type VariantName = keyof typeof variants;
