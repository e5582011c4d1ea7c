import type { Interval } from '@mmolre/report';
import {
  type Block,
  type BootstrapOptions,
  bootstrapP,
  holm,
  METRICS,
  type Metric,
  percentiles,
  type Resampled,
  resample,
} from '@mmolre/training/compare';
import { mean } from 'simple-statistics';
import { pairedP } from './power';

/** A row of a table: a variant, a setting, or a simple model. */
export type Model = {
  name: string;
  /** What it can know of a sample. */ reads: 'nothing' | 'text' | 'audio' | 'both';
  /** Fitted in a moment, not trained as a run. */ simple: boolean;
};

/** That a model is better than another, or than knowing nothing, as data. */
export type Claim = {
  /** Such as `mmolre is better than pre-fusion: recall`. */ claim: string;
  model: string;
  /** undefined: `SAME`. */ than: string | undefined;
  metric: Metric;
  /** How much better, the mean over the blocks: above 0 is better, also of the error. */ difference: number;
  /** 95 %, over clips and rows. */ interval: Interval;
  /** Of each block. */ blocks: number[];
  /** Over clips and rows, for these trained models. */ pSamples: number;
  /** Over the blocks: other seeds and speakers. */ pBlocks: number;
  /** The larger of both, by Holm's correction over all claims. */ p: number;
  holds: boolean;
};

/** What says the same of every sample, the training median and the training majority; its correlation counts as 0. */
export const SAME = 'the same for all';
const LEVEL = 0.05;

export type Figures = { name: string; metric: Metric; value: number; interval: Interval; blocks: number[] };

/**
 * What the blocks show: every model's figures, and which claims hold. Compared are the first model with all others, and each that
 * reads one modality alone with the simple ones that read no more. A claim holds if the difference is seen over clips and rows, and over blocks, each two-sided at
 * 5 % after Holm's correction, and if the same figure of the model is seen to be better than that of saying the same of every sample. Else a model whose answers only lie nearer to the middle would count as better.
 */
export function analyse(
  blocks: readonly Block[],
  models: readonly Model[],
  options: BootstrapOptions,
): { figures: Figures[]; claims: Claim[] } {
  const wanted = [...models.map(({ name }) => name), SAME].flatMap((name) =>
    METRICS.map((metric) => ({ name, metric })),
  );
  const found = resample(blocks, wanted, options);
  const resampled = (name: string, metric: Metric) =>
    found[wanted.findIndex((one) => one.name === name && one.metric === metric)];
  const pairs = pairsOf(models);
  const subjects = models.filter(({ name }) => pairs.some(([model]) => model.name === name));
  const differences = METRICS.flatMap((metric) => [
    ...subjects.map(({ name }) => differenceOf(metric, name, undefined, resampled)),
    ...pairs.map(([model, other]) => differenceOf(metric, model.name, other.name, resampled)),
  ]).filter((one) => one !== undefined);
  const ps = holm(differences.map(({ pSamples, pBlocks }) => Math.max(pSamples, pBlocks)));
  const seen = differences.map((one, i) => ({ ...one, p: ps[i]!, holds: ps[i]! < LEVEL && one.difference > 0 }));
  const knows = ({ model, metric }: Claim) =>
    seen.some((one) => one.model === model && one.metric === metric && one.than === undefined && one.holds);
  return {
    figures: wanted.flatMap(({ name, metric }, i) => {
      if (!found[i] || name === SAME) return [];
      const { blocks: values, resamples } = found[i];
      return [{ name, metric, value: mean(values), interval: percentiles(resamples), blocks: values }];
    }),
    claims: seen.map((one) => ({ ...one, holds: one.holds && knows(one) })),
  };
}

function pairsOf([first, ...others]: readonly Model[]): [Model, Model][] {
  const alone = others.filter(({ simple, reads }) => !simple && reads !== 'both');
  const within = [first!, ...alone].flatMap((model) =>
    others
      .filter(({ simple, reads }) => simple && (model.reads === 'both' || reads === 'nothing' || reads === model.reads))
      .map((other): [Model, Model] => [model, other]),
  );
  return [...others.filter(({ simple }) => !simple).map((other): [Model, Model] => [first!, other]), ...within];
}

function differenceOf(
  metric: Metric,
  model: string,
  than: string | undefined,
  resampled: (name: string, metric: Metric) => Resampled | undefined,
): Claim | undefined {
  const [ours, theirs] = [resampled(model, metric), resampled(than ?? SAME, metric)];
  if (!ours || (!theirs && than !== undefined)) return undefined;
  const better = (a: number, b: number) => (metric === 'error' ? b - a : a - b);
  const blocks = ours.blocks.map((value, i) => better(value, theirs?.blocks[i] ?? 0));
  const differences = ours.resamples.map((value, r) => better(value, theirs?.resamples[r] ?? 0));
  return {
    claim: `${model} is better than ${than ?? SAME}: ${metric}`,
    model,
    than,
    metric,
    difference: mean(blocks),
    interval: percentiles(differences),
    blocks,
    pSamples: bootstrapP(differences),
    pBlocks: pairedP(blocks),
    p: Number.NaN, // of all of them together
    holds: false,
  };
}
