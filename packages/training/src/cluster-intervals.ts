import { CATEGORIES, type Metric, mean } from '@mmolre/metrics';
import { createRng } from '@mmolre/nn';
import type { PartFacts } from '@mmolre/report';

/** What a sample adds to the figures; undefined of a task whose label it does not have. */
export type Scored = {
  /** What is drawn together: samples of a recording are not independent. */ cluster: string;
  sentiment: { score: number; label: number } | undefined;
  /** Of a sample with exactly one category. */ emotion: { category: string; hit: boolean } | undefined;
};

const DRAWS = 1000;
/** Of draws in which a figure must be defined. */
const ENOUGH = 0.9;

/**
 * 95 % intervals of correlation, mean absolute error and mean recall by a bootstrap of clusters: as many as there are, drawn with
 * replacement, 1,000 times; the 2.5th and 97.5th percentile. The same samples give the same intervals.
 */
export function clusterIntervals(samples: readonly Scored[]): PartFacts['intervals'] {
  const clusters = sumsByCluster(samples);
  const rng = createRng(1);
  const found = { corr: [] as number[], mae: [] as number[], recall: [] as number[] };
  const total = new Float64Array(NUM_SUMS);
  for (let draw = 0; draw < DRAWS; draw++) {
    total.fill(0);
    for (let i = 0; i < clusters.length; i++) {
      const sums = clusters[Math.floor(rng.uniform() * clusters.length)]!;
      for (let s = 0; s < NUM_SUMS; s++) total[s]! += sums[s]!;
    }
    for (const [name, value] of Object.entries(figuresOf(total)))
      if (value !== undefined) found[name as keyof typeof found].push(value);
  }
  return { corr: middle(found.corr), mae: middle(found.mae), recall: middle(found.recall) };
}

function middle(values: number[]) {
  if (values.length < ENOUGH * DRAWS) return undefined;
  const sorted = Float64Array.from(values).sort();
  return { low: sorted[Math.floor(0.025 * sorted.length)]!, high: sorted[Math.ceil(0.975 * sorted.length) - 1]! };
}

// A cluster's sums: count, x, y, xx, yy, xy and |x - y| of the rated samples, then each category's samples and hits.
const NUM_RATED = 7;
const NUM_SUMS = NUM_RATED + 2 * CATEGORIES.length;

function sumsByCluster(samples: readonly Scored[]): Float64Array[] {
  const first = samples.find(({ sentiment }) => sentiment)?.sentiment; // taken from all, so that equal ones add exactly 0
  const clusters = new Map<string, Float64Array>();
  for (const { cluster, sentiment, emotion } of samples) {
    const sums = clusters.get(cluster) ?? new Float64Array(NUM_SUMS);
    clusters.set(cluster, sums);
    if (sentiment) {
      const [x, y] = [sentiment.score - first!.score, sentiment.label - first!.label];
      const terms = [1, x, y, x * x, y * y, x * y, Math.abs(sentiment.score - sentiment.label)];
      for (const [s, term] of terms.entries()) sums[s]! += term;
    }
    if (emotion) {
      const at = NUM_RATED + 2 * CATEGORIES.indexOf(emotion.category);
      sums[at]! += 1;
      sums[at + 1]! += emotion.hit ? 1 : 0;
    }
  }
  return [...clusters.values()];
}

function figuresOf(sums: Float64Array): Record<'corr' | 'mae' | 'recall', Metric> {
  const [n, x, y, xx, yy, xy, absolute] = sums as unknown as [number, number, number, number, number, number, number];
  const [varX, varY] = [spread(n, x, xx), spread(n, y, yy)];
  const recalls = CATEGORIES.map((_, c) => {
    const [count, hits] = [sums[NUM_RATED + 2 * c]!, sums[NUM_RATED + 2 * c + 1]!];
    return count === 0 ? undefined : hits / count;
  });
  return {
    corr: varX && varY ? (n * xy - x * y) / Math.sqrt(varX * varY) : undefined,
    mae: n === 0 ? undefined : absolute / n,
    recall: mean(recalls),
  };
}

/** n² times the variance; undefined of what is constant but for rounding. */
function spread(n: number, x: number, xx: number): number | undefined {
  const value = n * xx - x * x;
  return value > 1e-12 * n * xx ? value : undefined;
}
