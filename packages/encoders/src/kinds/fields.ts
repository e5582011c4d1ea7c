import { z } from 'zod';

// Fields that several kinds have.

export const probability = z.number().min(0).max(1);
export const count = z.number().int().positive();

/** Where weights are. */
export const source = z
  .string()
  .min(1)
  .describe('a folder, hf:owner/name[@revision] on the Hugging Face hub, or pip:minilm');

export const project = z
  .boolean()
  .default(false)
  .describe("whether a trained linear layer leads to dModel where the encoder's width is another");
