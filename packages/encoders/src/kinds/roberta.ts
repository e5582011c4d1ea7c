import { z } from 'zod';
import { robertaSizes } from '../cost';
import type { EncoderKind } from './kind';
import { openTrainedText, trainedText, trainedTextCost } from './pretrained-text';

const schema = z.strictObject({ kind: z.literal('roberta'), ...trainedText });

/** RoBERTa, fine-tuned: the paper's; or frozen, with adapters or weighted layers. Texts are cut at 96 tokens, as MMML does. */
export const roberta: EncoderKind<string, typeof schema> = {
  schema,
  preset: () => ({
    kind: 'roberta',
    model: 'hf:FacebookAI/roberta-base',
    maxTokens: 96,
    rules: 'none',
    project: true,
    lora: null,
    frozen: null,
  }),
  cost: (config, dModel, tokens, size) => trainedTextCost(config, dModel, tokens, robertaSizes, size),
  open: openTrainedText,
};
