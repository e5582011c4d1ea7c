import type { Modality, ModelConfig } from './config';

/** The options of each UniTSE block of a modality: those of the configuration, with rank 0 for the experts that were pruned in it. */
export function blockOptions(unitse: ModelConfig['unitse'], modality: Modality): ModelConfig['unitse'][] {
  return Array.from({ length: unitse.numBlocks }, (_, block) => {
    const pruned = unitse.pruned?.[modality][block] ?? [];
    return { ...unitse, ranks: unitse.ranks.map((rank, n) => (pruned.includes(n) ? 0 : rank)) };
  });
}
