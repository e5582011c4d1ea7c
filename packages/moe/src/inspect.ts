import type * as tf from '@tensorflow/tfjs';
import type { TaskMoeOutput } from './types';

// N shared experts. Plain numbers throughout: one record a block, in it one entry a task (and with `ple`, the shared stream).

/** A row of N gates for each sample of a batch, or each of its real frames, by block and task. */
export type Gates<Task extends string = string> = Record<Task, number[][]>[];

/** What a task took of a block's shared experts, summed over samples; every array has N entries. */
export type TaskUsage = {
  /** With routing by token, frames; here and below */ samples: number;
  /** Samples that selected the expert */ selected: number[];
  gateSum: number[];
  /** Sum of the samples' entropies, nats */ entropySum: number;
  /** Samples that selected an expert that was pruned, and so got nothing from it */ misses: number;
};

export type Usage<Task extends string = string> = Record<Task, TaskUsage>[];

/** `TaskUsage` as means over the samples. */
export type UsageSummary = {
  samples: number;
  misses: number;
  /** Share of the samples that selected the expert, and its gate's mean over all of them. */
  experts: { selected: number; share: number; meanGate: number }[];
  /** Of the mean gates, nats: ln N if all experts are used as much. */ entropyOfMean: number;
  /** Of each sample's gates, on average, nats: ln k if a sample's k experts get as much. */ meanEntropy: number;
};

/**
 * Reads the gates of a batch from the backend: the `blocks` of `uniTse`, or `[result]` of one `taskMoe`.
 *
 * @param mask [B, T], 1 = real frame: with routing by token it says which frames count.
 * @throws If the gates are by token and there is no mask.
 */
export function readGates<Task extends string>(
  blocks: readonly Record<Task, Pick<TaskMoeOutput, 'gates'>>[],
  mask?: tf.Tensor2D,
): Gates<Task> {
  const isReal = mask?.arraySync();
  return blocks.map((block) =>
    mapValues(block, ({ gates }) => {
      if (gates.rank === 2) return gates.arraySync() as number[][];
      if (!isReal) throw new Error('readGates mask: expected the mask [B, T], as these gates are of frames, got none');
      const frames = gates.arraySync() as number[][][];
      return frames.flatMap((rows, b) => rows.filter((_, t) => isReal[b]![t]! > 0));
    }),
  );
}

/**
 * Usage of the experts with a batch's gates counted in. Start from nothing, `[]`; the given usage is not changed.
 *
 *   usage = addUsage(usage, readGates(blocks));
 *
 * @param ranks Of each block, where experts were pruned: those of rank 0 are missed by a sample that selects them.
 * @throws If the gates are those of another model: other blocks, tasks or numbers of experts.
 */
export function addUsage<Task extends string>(
  usage: Usage<Task> | [],
  gates: Gates<Task>,
  ranks?: readonly (readonly number[])[],
): Usage<Task> {
  if (usage.length > 0 && usage.length !== gates.length)
    throw new Error(`addUsage gates: expected ${usage.length} blocks as before, got ${gates.length}`);
  return gates.map((block, i) =>
    mapValues(block, (rows, task) => {
      const before = usage[i]?.[task];
      if (usage[i] && !before)
        throw new Error(`addUsage gates: expected the tasks ${Object.keys(usage[i]).join(', ')}, got ${task}`);
      return addRows(before, rows, ranks?.[i]);
    }),
  );
}

function addRows(before: TaskUsage | undefined, rows: number[][], ranks: readonly number[] | undefined): TaskUsage {
  const N = before?.selected.length ?? ranks?.length ?? rows[0]?.length ?? 0;
  const wrong = rows.find((row) => row.length !== N);
  if (wrong) throw new Error(`addUsage gates: expected ${N} experts, got ${wrong.length}`);
  const none = new Array<number>(N).fill(0);
  const sums = before ?? { samples: 0, selected: none, gateSum: none, entropySum: 0, misses: 0 };
  const missed = (row: number[]) => row.some((gate, n) => gate > 0 && ranks?.[n] === 0);
  return {
    samples: sums.samples + rows.length,
    selected: sums.selected.map((count, n) => count + rows.filter((row) => row[n]! > 0).length),
    gateSum: sums.gateSum.map((sum, n) => rows.reduce((total, row) => total + row[n]!, sum)),
    entropySum: rows.reduce((total, row) => total + entropy(row), sums.entropySum),
    misses: sums.misses + rows.filter(missed).length,
  };
}

/** The means of what was counted; of no sample at all, everything is 0. */
export function summariseUsage<Task extends string>(usage: Usage<Task>): Record<Task, UsageSummary>[] {
  return usage.map((block) =>
    mapValues(block, ({ samples, selected, gateSum, entropySum, misses }) => {
      const mean = (sum: number) => (samples > 0 ? sum / samples : 0);
      return {
        samples,
        misses,
        experts: selected.map((count, n) => ({
          selected: count,
          share: mean(count),
          meanGate: mean(gateSum[n]!),
        })),
        entropyOfMean: entropy(gateSum),
        meanEntropy: mean(entropySum),
      };
    }),
  );
}

/**
 * Entropy of weights made to sum to 1, in nats; 0 where all are 0. The gates that are left after the choice of the k largest sum to
 * less than 1, so this is the entropy among the selected experts.
 */
export function entropy(weights: readonly number[]): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.reduce((total, weight) => (weight > 0 ? total - (weight / sum) * Math.log(weight / sum) : total), 0);
}

function mapValues<Key extends string, A, B>(record: Record<Key, A>, change: (value: A, key: Key) => B) {
  const entries = Object.entries(record) as [Key, A][];
  return Object.fromEntries(entries.map(([key, value]) => [key, change(value, key)])) as Record<Key, B>;
}
