import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** How often each value occurs, coloured by group, as an HTML element. @param colours By group, in the order of the legend. */
export function histogram(
  values: readonly { value: number; group: string }[],
  { label, count, colours }: { label: string; count: string; colours: Readonly<Record<string, string>> },
): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  return Plot.plot({
    document: document as unknown as Document,
    width: 760,
    height: 300,
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
  }).outerHTML;
}
