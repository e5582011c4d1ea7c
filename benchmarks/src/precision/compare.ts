import type { Precision } from '@mmolre/nn';
import { type Block, curves } from '@mmolre/report';
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { shownMs } from '../shown-ms';
import { median } from '../statistics';
import type { Training } from './training';

export const PRECISIONS = ['float32', 'bf16'] as const satisfies readonly Precision[];

/** The trainings of one seed. */
export type Pair = { /** Such as `seed 1` */ name: string } & Record<(typeof PRECISIONS)[number], Training>;

/** Steps of a training's end whose mean loss is compared. */
const LAST = 10;

export const TITLE = "The paper's model trained with bfloat16 products beside float32";

const lossAtEnd = ({ losses }: Training): number => mean(losses.slice(-LAST));
/** The first step also asks for memory. */
const stepTime = ({ ms }: Training): number => median(ms.length > 1 ? ms.slice(1) : ms);

/** By how much bf16 changes the loss at the end, in the mean, and how far seeds lie apart in float32 (undefined for one seed). */
function differenceOf(pairs: readonly Pair[]) {
  const ends = pairs.map(({ float32 }) => lossAtEnd(float32));
  return {
    difference: mean(pairs.map(({ float32, bf16 }) => lossAtEnd(bf16) - lossAtEnd(float32))),
    deviation: ends.length > 1 ? sampleStandardDeviation(ends) : undefined,
  };
}

/** Why bf16 does not train as float32 does, if it does not: beyond what another seed changes. */
export function whyApart(pairs: readonly Pair[]): string | undefined {
  const { difference, deviation } = differenceOf(pairs);
  if (deviation === undefined || Math.abs(difference) <= deviation) return undefined;
  return `bf16 changes the loss at the end by ${difference.toFixed(4)}, seeds by ${deviation.toFixed(4)}`;
}

/** A table of the seeds, what follows from it, and each seed's curves. */
export function precisionBlocks(pairs: readonly Pair[]): Block[] {
  const { difference, deviation } = differenceOf(pairs);
  const apart = whyApart(pairs);
  const rows = pairs.map(({ name, float32, bf16 }) => [
    name,
    `${float32.losses.length}`,
    float32.losses[0]!.toFixed(4),
    lossAtEnd(float32).toFixed(4),
    lossAtEnd(bf16).toFixed(4),
    furthest(float32, bf16).toFixed(4),
    shownMs(stepTime(float32)),
    shownMs(stepTime(bf16)),
    (stepTime(bf16) / stepTime(float32)).toFixed(2),
  ]);
  const head = [
    '',
    'steps',
    'first loss',
    `last ${LAST}: float32`,
    'bf16',
    'furthest',
    'step, ms: float32',
    'bf16',
    'ratio',
  ];
  return [
    ...(apart ? [{ warning: apart }] : []),
    { table: { head, rows } },
    {
      text: `Loss of the last ${LAST} steps, bf16 less float32, in the mean of the seeds: ${difference.toFixed(4)}${
        deviation === undefined ? '' : `; deviation of the seeds in float32: ${deviation.toFixed(4)}`
      }.`,
    },
    { plots: pairs.map((pair) => ({ title: pair.name, html: curvesOf(pair) })), text: '' },
  ];
}

/** The largest difference of two losses of one step. */
const furthest = (a: Training, b: Training): number =>
  Math.max(...a.losses.map((loss, step) => Math.abs(loss - b.losses[step]!)));

const curvesOf = ({ name, ...pair }: Pair): string =>
  curves(
    `loss, ${name}`,
    'step',
    PRECISIONS.map((precision) => ({
      name: precision,
      points: pair[precision].losses.map((y, step) => ({ x: step + 1, y })),
    })),
  );
