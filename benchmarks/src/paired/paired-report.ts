import type { Interval, Block as ReportBlock } from '@mmolre/report';
import { METRICS, type Metric } from '@mmolre/training/compare';
import { median, sampleStandardDeviation } from 'simple-statistics';
import type { Claim, Figures } from './claims';
import { visibleDifference } from './power';

/** All that `paired.json` holds. */
export type PairedFacts = {
  form: string;
  /** What was trained, in words. */ title: string;
  hardware: string;
  /** What was said beforehand. */ design: string;
  /** Whether the labels of the test rows were dealt out anew. */ swapped: boolean;
  blocks: { fold: number; seed: number; speakers: string[]; rows: number }[];
  figures: Figures[];
  claims: Claim[];
};

const NAMES: Record<Metric, string> = { recall: 'recall', correlation: 'correlation', error: 'absolute error' };
const between = ({ low, high }: Interval, digits = 3) => `${low.toFixed(digits)} .. ${high.toFixed(digits)}`;
const shownP = (p: number) => (p < 0.001 ? '< 0.001' : p.toFixed(3));

/** The tables of a paired benchmark: every model's figures, and what is better than what. */
export function pairedReport({
  form,
  title,
  hardware,
  design,
  swapped,
  blocks,
  figures,
  claims,
}: PairedFacts): ReportBlock[] {
  const names = [...new Set(figures.map(({ name }) => name))];
  const figureOf = (name: string, metric: Metric) => {
    const found = figures.find((one) => one.name === name && one.metric === metric);
    return found ? `${found.value.toFixed(3)} (${between(found.interval)})` : 'none';
  };
  const holding = claims.filter(({ holds }) => holds).length;
  return [
    { heading: `Paired runs: ${form}` },
    { text: `${title}. Made by \`pnpm bench paired\`.` },
    { text: hardware },
    ...(swapped
      ? [{ warning: 'the labels of the test rows were dealt out anew: every claim that holds is a mistake' }]
      : []),
    { text: `Beforehand: ${design}.` },
    {
      lines: blocks.map(
        ({ fold, seed, speakers, rows }, i) =>
          `block ${i + 1}: fold ${fold}, seed ${seed}: tests ${speakers.join(', ')} (${rows} rows)`,
      ),
    },
    {
      table: {
        head: ['model', ...METRICS.map((metric) => NAMES[metric])],
        rows: names.map((name) => [name, ...METRICS.map((metric) => figureOf(name, metric))]),
      },
    },
    {
      text:
        'Means over the blocks; in brackets 95 % over clips and rows, for these trained models: a bootstrap that draws clips, and rows of each,\n' +
        'alike for every model.',
    },
    {
      table: {
        head: ['claim', 'better by', '95 % over rows', 'p over rows', 'p over blocks', 'p, Holm', 'holds'],
        rows: claims.map(({ claim, difference, interval, pSamples, pBlocks, p, holds }) => [
          claim,
          difference.toFixed(3),
          between(interval),
          shownP(pSamples),
          shownP(pBlocks),
          shownP(p),
          holds ? 'yes' : 'no',
        ]),
      },
    },
    {
      text:
        `${holding} of ${claims.length} claims hold. One holds if it is better, the larger p of both tests (bootstrap over clips and rows; paired t-test over\n` +
        'blocks, which are other seeds and speakers) is below 0.05 after Holm over all claims, and the model is better than saying the same of all.',
    },
    { lines: METRICS.flatMap((metric) => sawLine(metric, claims, blocks.length)) },
  ];
}

/** What the design turned out to see of a metric, by how much the differences deviated between blocks. */
function sawLine(metric: Metric, claims: readonly Claim[], blocks: number): string[] {
  const between = claims.filter((claim) => claim.metric === metric && claim.than !== undefined);
  if (between.length === 0 || blocks < 2) return [];
  const deviation = median(between.map((claim) => sampleStandardDeviation(claim.blocks)));
  return [
    `${NAMES[metric]}: differences deviated by ${deviation.toFixed(3)} between blocks (the median comparison): a true one of ${visibleDifference(deviation, blocks).toFixed(2)} is seen with a power of 80 %`,
  ];
}
