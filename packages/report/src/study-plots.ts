import * as Plot from '@observablehq/plot';
import { COLOURS, drawn, SIZE } from './plots';

/** A square of a map. `share`, 0 .. 1, is its colour; undefined where there is nothing. */
export type Square = { column: string; row: string; share: number | undefined; text: string };

/** Squares with their figures, the best dark. */
export function figureMap(
  title: string,
  squares: readonly Square[],
  { x, y, columns, rows }: { x: string; y: string | null; columns: readonly string[]; rows: readonly string[] },
): string {
  const names = Math.max(...rows.map((row) => row.length));
  const column = Math.max(64, 8 * Math.max(...columns.map((name) => name.length)));
  return drawn(title, {
    ...{ width: Math.max(SIZE.width, 120 + column * columns.length), height: 70 + 30 * rows.length, padding: 0.05 },
    marginLeft: Math.min(200, 24 + 7 * names),
    x: { label: x, type: 'band', domain: [...columns] },
    y: { label: y, type: 'band', domain: [...rows] },
    color: { domain: [0, 1], scheme: 'Blues' },
    marks: [
      Plot.cell(
        squares.filter(({ share }) => share !== undefined),
        { x: 'column', y: 'row', fill: 'share', stroke: 'currentColor', strokeOpacity: 0.25 },
      ),
      Plot.text(
        squares.filter(({ share }) => share !== undefined),
        {
          x: 'column',
          y: 'row',
          text: 'text',
          fill: ({ share }: Square) => ((share ?? 0) > DARK ? '#ffffff' : '#1d2126'),
        },
      ),
    ],
  });
}

/** From such a share on a square is so dark that its figure stands in white. */
const DARK = 0.55;

/** What was measured at an x: once a seed. */
export type Measured = { x: number; values: readonly number[]; mean: number; deviation: number | undefined };

/** The mean over x, a band of a deviation to each side, and each measured value. */
export function deviationLine(title: string, x: string, points: readonly Measured[]): string {
  const [colour] = COLOURS;
  const sorted = points.toSorted((a, b) => a.x - b.x);
  return drawn(title, {
    ...SIZE,
    x: { label: x, ...axisOf(sorted.map((point) => point.x)) },
    y: { label: null, grid: true, nice: true, ...rangeOf(points.flatMap(({ values }) => values)) },
    marks: [
      Plot.areaY(
        sorted.map(({ x: at, mean, deviation = 0 }) => ({ x: at, low: mean - deviation, high: mean + deviation })),
        { x: 'x', y1: 'low', y2: 'high', fill: colour!, fillOpacity: 0.18 },
      ),
      Plot.lineY(sorted, { x: 'x', y: 'mean', stroke: colour!, strokeWidth: 1.6 }),
      Plot.dot(
        sorted.flatMap(({ x: at, values }) => values.map((value) => ({ x: at, value }))),
        { x: 'x', y: 'value', fill: colour!, r: 2.5 },
      ),
    ],
  });
}

/** What is the same everywhere stands in the middle of a small range. */
function rangeOf(values: readonly number[]): Plot.ScaleOptions {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? { domain: [low - 0.01, high + 0.01] } : {};
}

/** A dot a trial, coloured by what came of it. */
export function scatter(title: string, x: string, points: readonly { x: number; y: number; state: string }[]): string {
  const states = [...new Set(points.map(({ state }) => state))].sort();
  return drawn(title, {
    ...SIZE,
    x: { label: x, ...axisOf(points.map((point) => point.x).sort((a, b) => a - b)) },
    y: { label: null, grid: true, nice: true },
    color: { domain: states, range: COLOURS, legend: true },
    marks: [Plot.dot(points, { x: 'x', y: 'y', fill: 'state', r: 3 })],
  });
}

/** Few values are the ticks; values over two decades and more stand by their logarithms. */
function axisOf(sorted: readonly number[]): Plot.ScaleOptions {
  const [low, high] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  if (low > 0 && high / low >= 100) return { type: 'log', ticks: 4, tickFormat: '.0e' };
  const some = [...new Set(sorted)];
  return some.length <= FEW_TICKS ? { ticks: some, tickFormat: String } : {};
}

const FEW_TICKS = 8;
