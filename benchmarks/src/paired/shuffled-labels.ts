import { createRng, mixSeed } from '@mmolre/nn';
import type { Block, TestRow } from '@mmolre/training/compare';

/** The blocks with the labels of each fold's rows dealt out anew, alike in all blocks of the fold: nothing that is claimed may hold then. */
export function withShuffledLabels(blocks: readonly Block[], seed: number): Block[] {
  return blocks.map((block) => {
    const rng = createRng(mixSeed(seed, block.fold));
    const order = block.rows.map((_, i) => [rng.uniform(), i] as const).sort(([a], [b]) => a - b);
    const rows = block.rows.map(({ id, clip }, i): TestRow => ({ ...block.rows[order[i]![1]]!, id, clip }));
    return { ...block, rows };
  });
}
