import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

export const SIZE = { width: 380, height: 230, marginLeft: 52 };
/** They stand apart on light and dark, the first ones also for the colour-blind; beyond these they come again. */
export const COLOURS = ['#3b82c4', '#d97706', '#2a9d75', '#c0527f', '#8a6fd1', '#8c8c8c', '#a8792b', '#3fa7b8'];

/** A drawing as an HTML element, which a page names by its title. */
export function drawn(title: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const element = Plot.plot({ ...options, document: document as unknown as Document });
  // A legend's swatches are drawings too, and come first.
  const svg = element.tagName.toLowerCase() === 'svg' ? element : [...element.querySelectorAll('svg')].at(-1)!;
  // It is one picture: what it is made of has no names of its own.
  for (const part of svg.querySelectorAll('g[aria-label]')) part.removeAttribute('aria-label');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  return element.outerHTML;
}

/** How often each value occurs, coloured by group. @param colours By group, in the order of the legend. */
export function histogram(
  values: readonly { value: number; group: string }[],
  { label, count, colours }: { label: string; count: string; colours: Readonly<Record<string, string>> },
): string {
  return drawn(label, {
    ...{ width: 760, height: 300 },
    x: { label, domain: [Math.min(0, ...values.map(({ value }) => value)), 1] },
    y: { label: count, grid: true },
    color: { legend: true, domain: Object.keys(colours), range: Object.values(colours) },
    marks: [
      Plot.rectY(
        [...values],
        Plot.binX({ y: 'count' }, { x: 'value', fill: 'group', thresholds: 40 } as Plot.BinXInputs<Plot.RectYOptions>),
      ),
      Plot.ruleY([0]),
    ],
  });
}

/** Something over time; `y` undefined or not finite leaves a gap. */
export type Curve = { name: string; points: readonly { x: number; y: number | undefined }[] };

/** Curves over the same x, their points marked where they are few. */
export function curves(title: string, x: string, lines: readonly Curve[]): string {
  const points = lines.flatMap(({ name, points: all }) => all.map((point) => ({ ...point, name })));
  const few = lines.filter(({ points: all }) => all.length <= FEW_POINTS).map(({ name }) => name);
  return drawn(title, {
    ...SIZE,
    x: { label: x, nice: true, tickFormat: (value: number) => (Number.isInteger(value) ? `${value}` : '') },
    y: { label: null, grid: true, nice: true },
    color: { domain: lines.map(({ name }) => name), range: COLOURS, legend: lines.length > 1 },
    marks: [
      Plot.lineY(points, { x: 'x', y: 'y', z: 'name', stroke: 'name', strokeWidth: 1.6 }),
      Plot.dot(
        points.filter(({ name }) => few.includes(name)),
        { x: 'x', y: 'y', fill: 'name', r: 3 },
      ),
    ],
  });
}

const FEW_POINTS = 40;

/** Curves by the logarithms of both axes, so that what grows as a power is straight; dashed ones say what would be, and have no points. */
export function logCurves(title: string, x: string, lines: readonly (Curve & { isDashed?: boolean })[]): string {
  const pointsOf = (some: typeof lines) =>
    some.flatMap(({ name, points }) => points.map((point) => ({ ...point, name })));
  const dashed = pointsOf(lines.filter(({ isDashed }) => isDashed));
  const measured = pointsOf(lines.filter(({ isDashed }) => !isDashed));
  const line = { x: 'x', y: 'y', z: 'name', stroke: 'name' };
  const shownX = [...new Set(measured.map((point) => point.x))];
  return drawn(title, {
    ...SIZE,
    x: { type: 'log' },
    y: { label: null, type: 'log', grid: true, ticks: 5, tickFormat: '~s' },
    color: { domain: [...new Set(lines.map(({ name }) => name))], range: COLOURS, legend: true },
    marks: [
      Plot.axisX(shownX, { label: x, text: String }), // a log scale's own ticks leave out some labels
      Plot.lineY(dashed, { ...line, strokeDasharray: '3,3', strokeOpacity: 0.7 }),
      Plot.lineY(measured, { ...line, strokeWidth: 1.6 }),
      Plot.dot(measured, { x: 'x', y: 'y', fill: 'name', r: 3 }),
    ],
  });
}

/** Shares, 0 .. 1, a square each. @param cells Of each row, a share a column; rows and columns count from 0, or as named. */
export function heatMap(
  title: string,
  { x, y, rows, cells }: { x: string; y: string; rows: readonly string[]; cells: readonly (readonly number[])[] },
): string {
  const squares = cells.flatMap((row, r) => row.map((share, column) => ({ row: rows[r]!, column, share })));
  return drawn(title, {
    ...{ ...SIZE, height: 60 + 22 * Math.min(rows.length, 10), padding: 0.06 },
    x: { label: x, type: 'band' },
    y: { label: y, type: 'band', domain: [...rows], ...(rows.length > 10 && { ticks: [] }) },
    color: { domain: [0, 1], scheme: 'Blues' },
    marks: [Plot.cell(squares, { x: 'column', y: 'row', fill: 'share', stroke: 'currentColor', strokeOpacity: 0.25 })],
  });
}
