import { z } from 'zod';
import type { EncoderKind } from './kind';
import { bertSizes, openTrainedText, trainedText, trainedTextCost } from './pretrained-text';

const schema = z.strictObject({ kind: z.literal('bert'), ...trainedText });

/** BERT, fine-tuned; or frozen, with adapters or weighted layers. */
export const bert: EncoderKind<string, typeof schema> = {
  schema,
  preset: () => ({
    kind: 'bert',
    model: 'hf:google-bert/bert-base-uncased',
    maxTokens: 96,
    rules: 'none',
    project: true,
    lora: null,
    frozen: null,
  }),
  cost: (config, dModel, tokens, size) => trainedTextCost(config, dModel, tokens, bertSizes, size),
  open: openTrainedText,
};
