import type { Polarity } from '@mmolre/datasets';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** How often each similarity occurs, coloured by polarity, as an HTML element. */
export function similarityHistogram(values: readonly { similarity: number; polarity: Polarity }[]): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  return Plot.plot({
    document: document as unknown as Document,
    width: 760,
    height: 300,
    x: {
      label: 'similarity of the source (cosine)',
      domain: [Math.min(0, ...values.map(({ similarity }) => similarity)), 1],
    },
    y: { label: 'labels', grid: true },
    color: { legend: true, domain: ['negative', 'neutral', 'positive'], range: ['#b4443c', '#8a8f98', '#2f7d4f'] },
    marks: [
      Plot.rectY(
        [...values],
        Plot.binX({ y: 'count' }, {
          x: 'similarity',
          fill: 'polarity',
          thresholds: 40,
        } as Plot.BinXInputs<Plot.RectYOptions>),
      ),
      Plot.ruleY([0]),
    ],
  }).outerHTML;
}
