import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { sumsOf, type Task } from './figures';

/** An interval that a number lies in. */
export type Interval = { low: number; high: number };

const DRAWS = 1000;
/** Of draws in which a figure must be defined. */
const ENOUGH = 0.9;
const SEED = 0x5eed_c4ec;

/**
 * 95 % intervals of a task's metrics by a bootstrap: as many samples as there are, drawn with replacement, 1,000 times; the 2.5th and 97.5th
 * percentile. The same samples give the same intervals. Samples of one video are alike, so where there are such, the truth is wider.
 *
 * @returns Undefined of a metric that has no value in one draw of ten or more.
 */
export function intervals(task: Task): Record<string, Interval | undefined> {
  const random = xoroshiro128plus(SEED);
  const found = new Map<string, number[]>();
  for (let draw = 0; draw < DRAWS; draw++) {
    const weights = new Float64Array(task.count);
    for (let i = 0; i < task.count; i++) weights[uniformInt(random, 0, task.count - 1)]! += 1;
    for (const [name, value] of Object.entries(task.figures(sumsOf(task, weights)))) {
      const values = found.get(name) ?? [];
      found.set(name, values);
      if (value !== undefined) values.push(value);
    }
  }
  return Object.fromEntries([...found].map(([name, values]) => [name, middle(values)]));
}

function middle(values: readonly number[]): Interval | undefined {
  if (values.length < ENOUGH * DRAWS) return undefined;
  const sorted = Float64Array.from(values).sort();
  return { low: sorted[Math.floor(0.025 * sorted.length)]!, high: sorted[Math.ceil(0.975 * sorted.length) - 1]! };
}
