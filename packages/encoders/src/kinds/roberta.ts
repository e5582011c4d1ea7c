import { z } from 'zod';
import { robertaSizes } from '../cost';
import type { EncoderKind } from './kind';
import { openTrainedText, pretrainedText, pretrainedTextCost } from './pretrained-text';

const schema = z.strictObject({ kind: z.literal('roberta'), ...pretrainedText });

/** RoBERTa, fine-tuned: the paper's. Texts are cut at 96 tokens, as MMML does. */
export const roberta: EncoderKind<string, typeof schema> = {
  schema,
  preset: () => ({
    kind: 'roberta',
    model: 'hf:FacebookAI/roberta-base',
    maxTokens: 96,
    rules: 'none',
    project: true,
  }),
  cost: (config, dModel, tokens, size) => pretrainedTextCost(config, dModel, tokens, robertaSizes, size),
  open: openTrainedText,
};
