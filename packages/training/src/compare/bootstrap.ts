import { createRng, mixSeed } from '@mmolre/nn';
import type { Interval } from '@mmolre/report';
import { quantileSorted } from 'simple-statistics';
import { type Block, type Figure, figureOf, type Metric, type TestRow } from './block';

export type BootstrapOptions = { /** Of the draws. */ seed: number; resamples: number };

/** A figure over the blocks. */
export type Resampled = {
  /** Of each block. */ blocks: number[];
  /** Their mean in each resample. */ resamples: Float64Array;
};

/**
 * Figures of models in resamples of the test rows. The rows cross two kinds of units, clips that several rows share and each row's own text, so
 * clips are drawn with replacement, then for each so many of its rows with replacement as it has. A resample is the same for every model and
 * for every block of a fold: what is compared is paired.
 *
 * @param wanted Models by name and their metrics.
 * @returns In the order of `wanted`; undefined where a block has no such figure.
 */
export function resample(
  blocks: readonly Block[],
  wanted: readonly { name: string; metric: Metric }[],
  { seed, resamples }: BootstrapOptions,
): (Resampled | undefined)[] {
  const models = wanted.map(({ name, metric }) => {
    const figures = blocks.map((block) => figureOf(metric, block, name));
    const plain = figures.map((figure, i) => figure?.(new Uint8Array(blocks[i]!.rows.length).fill(1)));
    if (blocks.length === 0 || plain.includes(undefined)) return undefined;
    return { figures: figures as Figure[], blocks: plain as number[], resamples: new Float64Array(resamples) };
  });
  for (const fold of new Set(blocks.map((block) => block.fold))) {
    const indices = blocks.flatMap((block, i) => (block.fold === fold ? [i] : []));
    const { rows } = blocks[indices[0]!]!;
    const clips = clipsOf(rows);
    for (let r = 0; r < resamples; r++) {
      const weights = drawWeights(clips, rows.length, createRng(mixSeed(seed, fold, r)).uniform);
      for (const model of models) {
        if (!model) continue;
        for (const i of indices) {
          // Where a draw leaves nothing to correlate, it says nothing else than the block does.
          model.resamples[r]! += (model.figures[i]!(weights) ?? model.blocks[i]!) / blocks.length;
        }
      }
    }
  }
  return models;
}

/** The rows of each clip. */
function clipsOf(rows: readonly TestRow[]): number[][] {
  const clips = new Map<string, number[]>();
  rows.forEach(({ clip }, i) => {
    clips.set(clip, [...(clips.get(clip) ?? []), i]);
  });
  return [...clips.values()];
}

/** How often each row is drawn. */
function drawWeights(clips: readonly (readonly number[])[], rows: number, uniform: () => number): Float64Array {
  const weights = new Float64Array(rows);
  const one = <T>(items: readonly T[]): T => items[Math.floor(uniform() * items.length)]!;
  for (let n = 0; n < clips.length; n++) {
    const clip = one(clips);
    for (let m = 0; m < clip.length; m++) weights[one(clip)]! += 1;
  }
  return weights;
}

/** 95 % interval of resampled values, by their percentiles. */
export function percentiles(values: Float64Array): Interval {
  const sorted = Array.from(values).sort((a, b) => a - b);
  return { low: quantileSorted(sorted, 0.025), high: quantileSorted(sorted, 0.975) };
}

/** Two-sided p: twice the share of resampled differences on the other side of 0, the data themselves counted as one. */
export function bootstrapP(differences: Float64Array): number {
  let [below, above] = [1, 1];
  for (const value of differences) {
    if (value <= 0) below += 1;
    if (value >= 0) above += 1;
  }
  return Math.min(1, (2 * Math.min(below, above)) / (differences.length + 1));
}
