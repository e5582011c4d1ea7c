import { evaluating, type Sequence } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Encoder } from '../encoder';
import type { FrameCache } from '../frame-cache';
import { padRows } from '../pad-rows';
import { textRules } from '../tokenizer/text-rules';
import { weightsOf } from '../weights-of';
import { createPretrainedText, type PretrainedText, type PretrainedTextOptions } from './pretrained-text';

export type FrozenTextOptions = PretrainedTextOptions & {
  /** Where to keep what a text became, for the next run: nowhere. Within a run it is kept in memory then. */
  cache?: FrameCache;
};

/**
 * A BERT or RoBERTa that never trains: `prepare` computes each text's hidden states once, outside of the gradient, text by text (so
 * that they do not depend on the batch); `encode` passes them on.
 *
 * @returns Its `params` are empty: there is nothing to train or to save.
 */
export function createFrozenText(
  model: Pick<PretrainedText, 'config' | 'params' | 'tokenizer'>,
  { cache, ...options }: FrozenTextOptions = {},
): Encoder<string, Sequence> {
  const encoder = createPretrainedText(model, options);
  const { dModel: D } = model.config;
  const memory = new Map<string, Float32Array>();
  const identity = cache && JSON.stringify(['text', 1, model.config, cache.hash(weightsOf(model.params))]);

  /** A text's hidden states, T · D numbers. */
  function statesOf(text: string): Float32Array {
    const compute = () =>
      tf.tidy(
        () =>
          encoder
            .encode(encoder.prepare([text]), evaluating)
            .hidden.dataSync()
            .slice() as Float32Array,
      );
    if (cache) {
      const ids = model.tokenizer.encode(textRules[options.rules ?? 'none'](text), options.maxTokens);
      return cache.frames(identity!, new Float32Array(ids), D, compute);
    }
    const states = memory.get(text) ?? compute();
    memory.set(text, states);
    return states;
  }

  return {
    dModel: D,
    params: {},
    prepare(texts) {
      const { values: hidden, mask } = padRows(texts.map(statesOf), D);
      return { hidden, mask };
    },
    encode: ({ hidden, mask }) => ({ hidden: tf.clone(hidden), mask }),
  };
}
