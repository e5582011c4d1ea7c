import { z } from 'zod';

// Fields that several kinds have. The limits are far above what is in use: a configuration that asks for more is broken or forged, and is
// refused before anything is made of it.

export const probability = z.number().min(0).max(1);
export const countUpTo = (most: number) => z.number().int().positive().max(most);

export const numLayers = countUpTo(256);
export const numHeads = countUpTo(1024);
/** Inner width of a feed-forward network. */
export const width = countUpTo(65_536);
/** Where texts are cut. */
export const maxTokens = countUpTo(65_536);

/** Where weights are. */
export const source = z
  .string()
  .min(1)
  .describe('a folder, hf:owner/name[@revision] on the Hugging Face hub, or pip:minilm');

export const project = z
  .boolean()
  .default(false)
  .describe("whether a trained linear layer leads to dModel where the encoder's width is another");
