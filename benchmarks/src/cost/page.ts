import { type Block, logCurves } from '@mmolre/report';
import { gflops } from '../profile/products';
import { shownMs } from '../shown-ms';
import { AXES, type Axis, type Pass } from './axes';
import { type Growth, isFaster, TOLERANCE } from './growth';

/** One pass along an axis. */
export type CostMeasure = Growth & {
  /** Such as `frames, forward`. Unique. */ name: string;
  axis: string;
  pass: Pass;
  rounds: number;
  /** `multiplyAdds` are the pass's, `ms` the median of all calls, `spreadMs` their interquartile range, `mib` the median of processes. */
  points: { value: number; multiplyAdds: number; ms: number; spreadMs: number; mib: number | null }[];
};

export const TITLE = 'What one UniTSE block costs: d 768, experts of rank 128, two tasks';

/** For each axis that was measured its curves, its exponents and its table; before them, what grows faster than its work. */
export function costBlocks(measures: readonly CostMeasure[]): Block[] {
  const axes = AXES.filter(({ name }) => measures.some(({ axis }) => axis === name));
  return [
    ...fasterLines(measures).map((warning) => ({ warning })),
    {
      table: {
        head: ['time ~ work to the power', 'all points', 'upper half', `at most ${1 + TOLERANCE}`],
        rows: measures.map((one) => [
          one.name,
          one.exponent.toFixed(2),
          one.upper.toFixed(2),
          isFaster(one) ? 'faster' : 'held',
        ]),
      },
    },
    ...axes.flatMap((axis) =>
      axisBlocks(
        axis,
        measures.filter((one) => one.axis === axis.name),
      ),
    ),
  ];
}

/** A line for each pass whose time grows faster than its work. */
export const fasterLines = (measures: readonly CostMeasure[]): string[] =>
  measures
    .filter(isFaster)
    .map(
      ({ name, exponent, upper }) =>
        `${name}: time grows with the work to the power ${Math.max(exponent, upper).toFixed(2)}, expected at most ${1 + TOLERANCE}`,
    );

function axisBlocks({ name, label }: Axis, measures: readonly CostMeasure[]): Block[] {
  const curve = ({ pass, points }: CostMeasure, y: (point: CostMeasure['points'][number]) => number | null) => ({
    name: pass,
    points: points.map((point) => ({ x: point.value, y: y(point) ?? undefined })),
  });
  const times = measures.map((one) => curve(one, ({ ms }) => ms));
  /** As if all time were spent on the work, from the first point on. */
  const asCounted = measures.map((one) => {
    const [first] = one.points;
    return { ...curve(one, ({ multiplyAdds }) => (first!.ms * multiplyAdds) / first!.multiplyAdds), isDashed: true };
  });
  const memory = measures.map((one) => curve(one, ({ mib }) => mib));
  const hasMemory = memory.some(({ points }) => points.some(({ y }) => y !== undefined));
  const plots = [
    { title: 'time, ms', lines: [...times, ...asCounted] },
    ...(hasMemory ? [{ title: 'peak of resident memory, MiB', lines: memory }] : []),
  ];
  return [
    { heading: label },
    { plots: plots.map(({ title, lines }) => ({ title, html: logCurves(title, label, lines) })), text: '' },
    {
      table: {
        head: [name, ...measures.flatMap(({ pass }) => [`${pass}: GMA`, 'ms', 'spread', 'GF/s', 'MiB'])],
        rows: measures[0]!.points.map(({ value }, i) => [
          `${value}`,
          ...measures.flatMap(({ points }) => figureCells(points[i]!)),
        ]),
      },
    },
  ];
}

const figureCells = ({ multiplyAdds, ms, spreadMs, mib }: CostMeasure['points'][number]) => [
  (multiplyAdds / 1e9).toFixed(1),
  shownMs(ms),
  shownMs(spreadMs, 2),
  gflops(multiplyAdds, ms).toFixed(0),
  mib === null ? '' : mib.toFixed(0),
];

/** What the figures are. */
export const LEGEND = `GMA: billions of multiply-adds as @mmolre/moe counts them, of a training step three times the forward pass's; GF/s: two operations each, a second.
ms: the median of all calls of a few processes, spread: their interquartile range. MiB: the peak of resident memory (VmHWM) of a fresh process, the
language's runtime, libraries and weights included; it does the forward pass first, so that each peak is the pass's own. Dashed: as if time grew with
the work from the first point on. Each task has an input of its own, as in every block but a model's first. Left as they are: 4 samples of 150 frames, 8 of
15 experts.`;
