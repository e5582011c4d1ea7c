import { evaluating, numbersOf, type Sequence } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Encoder } from '../encoder';
import type { FrameCache } from '../frame-cache';
import { padRows } from '../pad-rows';
import { padTokens } from '../pad-tokens';
import { textRules } from '../tokenizer/text-rules';
import { weightsOf } from '../weights-of';
import { maxTokensOf } from './bert-config';
import { createPretrainedText, type PretrainedText, type PretrainedTextOptions } from './pretrained-text';

export type FrozenTextOptions = PretrainedTextOptions & {
  /** Where to keep what a text became, for the next run: nowhere. Within a run it is kept in memory then. */
  cache?: FrameCache;
};

/** Texts are padded to a multiple of so many tokens, and computed so many at once: a third of the time of one after the other. */
const [TOKENS, TEXTS] = [16, 32];

/**
 * A BERT or RoBERTa that never trains: `prepare` computes each text's hidden states once, outside of the gradient; `encode` passes them on. What a
 * text is padded to follows from its own length, so that its states do not depend on the others of its batch.
 *
 * @returns Its `params` are empty: there is nothing to train or to save.
 */
export function createFrozenText(
  model: Pick<PretrainedText, 'config' | 'params' | 'tokenizer'>,
  { cache, ...options }: FrozenTextOptions = {},
): Encoder<string, Sequence> {
  const { rules = 'none' } = options;
  const encoder = createPretrainedText(model, options);
  const { dModel: D, padId } = model.config;
  const limit = options.maxTokens ?? maxTokensOf(model.config);
  const memory = new Map<string, Float32Array>();
  const identity = cache && JSON.stringify(['text', 2, model.config, cache.hash(weightsOf(model.params))]);
  const paddedLength = (ids: readonly number[]) => Math.min(limit, Math.ceil(ids.length / TOKENS) * TOKENS);

  /** The hidden states of texts that are padded to the same length, T · D numbers each. */
  function computed(texts: readonly (readonly number[])[]): Float32Array[] {
    const T = paddedLength(texts[0]!);
    const all = numbersOf(() => encoder.encode(padTokens(texts, padId, T), evaluating).hidden);
    return texts.map((ids, i) => all.slice(i * T * D, (i * T + ids.length) * D));
  }

  /** The hidden states of each text; those that are not known are computed together. */
  function statesOf(texts: readonly string[]): Float32Array[] {
    const tokens = new Map(texts.map((text) => [text, model.tokenizer.encode(textRules[rules](text), limit)]));
    const waiting = new Set(texts);
    const made = new Map<string, Float32Array>();
    const lengthOf = (text: string) => paddedLength(tokens.get(text)!);
    const compute = (text: string) => {
      const isOf = (one: string) => !made.has(one) && !memory.has(one) && lengthOf(one) === lengthOf(text);
      const group = [...waiting].filter(isOf).slice(0, TEXTS);
      const states = computed(group.map((one) => tokens.get(one)!));
      group.forEach((one, i) => {
        made.set(one, states[i]!);
      });
    };
    return texts.map((text) => {
      const take = () => {
        if (!made.has(text)) compute(text);
        return made.get(text)!;
      };
      const states = cache
        ? cache.frames(identity!, new Float32Array(tokens.get(text)!), D, take)
        : (memory.get(text) ?? take());
      if (!cache) memory.set(text, states);
      waiting.delete(text);
      return states;
    });
  }

  return {
    dModel: D,
    params: {},
    prepare(texts) {
      const { values: hidden, mask } = padRows(statesOf(texts), D);
      return { hidden, mask };
    },
    encode: ({ hidden, mask }) => ({ hidden: tf.clone(hidden), mask }),
  };
}
