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

/**
 * LoRA: the encoder's weights stay as they are, and low-rank ones beside those of some linear layers train.
 *
 * @param targets Which linear layers, if nothing is said.
 */
export const lora = (...targets: string[]) =>
  z
    .strictObject({
      rank: countUpTo(8192).default(8),
      alpha: z.number().positive().max(65_536).default(16).describe('what is added is multiplied by alpha / rank'),
      targets: z
        .array(z.string().min(1).max(200))
        .min(1)
        .max(100)
        .default(targets)
        .describe("ends of the names of the layers' linear layers, as in PEFT"),
      dropout: z.number().min(0).max(0.99).default(0.1),
    })
    .nullable()
    .default(null)
    .describe('trains low-rank weights beside frozen ones');

export const frozen = z
  .enum(['layers'])
  .nullable()
  .default(null)
  .describe('layers: the encoder is frozen, and all its hidden states are weighted by scalars that train');
