import type { Example, Modality, Model, Task } from '@mmolre/model';
import { batchGates } from '../batch-gates';

/** How numbers are spread. */
export type Histogram = {
  /** Borders of the bins, ascending: one more than there are bins. */ edges: number[];
  /** Numbers in each bin, its lower border included; the last bin has its upper one too. */ counts: number[];
  min: number;
  max: number;
  sum: number;
  sumSquares: number;
};

/** What a task's router in one block did with some samples. */
export type TaskGates = {
  /** The gates, 0 .. 1, of the experts that the samples selected, in bins from 0 to the largest; undefined where they are NaN. */
  histogram: Histogram | undefined;
  /** Of each shared expert, how many of the samples selected it. */ selected: number[];
};

export type GateFacts = {
  /** How many were looked at. */ samples: number;
  /** By block, first to last; no block without UniTSE. */ gates: Record<Modality, Record<Task, TaskGates>[]>;
};

/** The routers after an epoch; `step` and `epoch` count from 1. */
export type GatesEvent = { event: 'gates'; epoch: number; step: number } & GateFacts;

const MAX_SAMPLES = 64;
const BINS = 20;

/**
 * What the routers do with at most 64 of the examples, spread evenly over all: by one forward pass without dropout, which changes nothing.
 *
 * @param ablate The modality that is blanked, as in `predict`.
 */
export function gatesOf(model: Model, examples: readonly Example[], ablate: Modality | 'none' = 'none'): GateFacts {
  const samples = Math.min(examples.length, MAX_SAMPLES);
  if (samples === 0 || model.config.unitse.numBlocks === 0) return { samples: 0, gates: { text: [], audio: [] } };
  const chosen = Array.from({ length: samples }, (_, i) => examples[Math.floor((i * examples.length) / samples)]!);
  const gates = batchGates(model, chosen, ablate);
  const blocks = (modality: Modality) =>
    gates[modality].map((block) => {
      const entries = Object.entries(block).map(([task, rows]) => [task, taskGates(rows)]);
      return Object.fromEntries(entries) as Record<Task, TaskGates>;
    });
  return { samples, gates: { text: blocks('text'), audio: blocks('audio') } };
}

function taskGates(rows: readonly (readonly number[])[]): TaskGates {
  const taken = rows.flatMap((row) => row.filter((gate) => gate > 0));
  const largest = Math.max(...taken);
  const edges = Array.from({ length: BINS + 1 }, (_, i) => (i * largest) / BINS);
  return {
    histogram: taken.length > 0 ? histogramOf(taken, edges) : undefined,
    selected: rows[0]!.map((_, n) => rows.filter((row) => row[n]! > 0).length),
  };
}

/** How one or more values are spread over bins that hold them all. */
export function histogramOf(values: readonly number[], edges: readonly number[]): Histogram {
  const counts = new Array<number>(edges.length - 1).fill(0);
  for (const value of values) {
    const above = edges.findIndex((edge) => value < edge);
    counts[above < 0 ? counts.length - 1 : above - 1]! += 1;
  }
  return {
    edges: [...edges],
    counts,
    min: Math.min(...values),
    max: Math.max(...values),
    sum: values.reduce((sum, value) => sum + value, 0),
    sumSquares: values.reduce((sum, value) => sum + value ** 2, 0),
  };
}
