import {
  createPretrainedText,
  maxTokensOf,
  type Pooling,
  type PretrainedText,
  padTokens,
  poolText,
  type TextRules,
  textRules,
} from '@mmolre/encoders';
import type { Mode } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

export type SimcseModel = Pick<PretrainedText, 'config' | 'params' | 'tokenizer'>;

export type SimcseTextOptions = {
  /** `pooler` for supervised SimCSE, `first` token for unsupervised SimCSE, `mean` for MiniLM. */
  pooling: Pooling;
  /** `simcseMaxTokens` by default. */
  maxTokens?: number | undefined;
  /** What is done to a text before: `unimse`, as when labels are unified. */
  rules?: TextRules | undefined;
};

/** A text as the model reads it. */
export type TokenIds = readonly number[];

/** Tokens that a text is cut at: 32, as in SimCSE, or as many as the model has positions. */
export const simcseMaxTokens = (config: SimcseModel['config']): number => Math.min(32, maxTokensOf(config));

/** Texts to tokens, tokens to vectors. */
export function simcseModel(model: SimcseModel, { pooling, rules = 'unimse', ...options }: SimcseTextOptions) {
  const maxTokens = options.maxTokens ?? simcseMaxTokens(model.config);
  const encoder = createPretrainedText(model, { maxTokens });
  return {
    tokens: (text: string): TokenIds => model.tokenizer.encode(textRules[rules](text), maxTokens),
    /** Pads to the longest; whoever asked disposes it. */
    prepare: (ids: readonly TokenIds[]) => padTokens(ids, model.config.padId),
    /** [B, D], not normalised */
    embed: (input: ReturnType<typeof encoder.prepare>, mode: Mode): tf.Tensor2D =>
      tf.tidy(() => poolText(model.params, encoder.encode(input, mode), pooling)),
  };
}
