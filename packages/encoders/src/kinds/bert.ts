import { z } from 'zod';
import type { EncoderKind } from './kind';
import { bertSizes, openTrainedText, pretrainedText, pretrainedTextCost } from './pretrained-text';

const schema = z.strictObject({ kind: z.literal('bert'), ...pretrainedText });

/** BERT, fine-tuned. */
export const bert: EncoderKind<string, typeof schema> = {
  schema,
  preset: () => ({
    kind: 'bert',
    model: 'hf:google-bert/bert-base-uncased',
    maxTokens: 96,
    rules: 'none',
    project: true,
  }),
  cost: (config, dModel, tokens, size) => pretrainedTextCost(config, dModel, tokens, bertSizes, size),
  open: openTrainedText,
};
