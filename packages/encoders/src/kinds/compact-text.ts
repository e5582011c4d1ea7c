import { freeze } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { SUBWORDS } from '../assets';
import {
  type CompactTextParams,
  createCompactText,
  initCompactText,
  SUBWORD_COUNT,
  SUBWORD_WIDTH,
} from '../compact/compact-text';
import { readSubwordTable, readSubwordTokenizer } from '../compact/subwords';
import { transformerCost, weightsCost } from '../cost';
import { maxTokens, numHeads, numLayers, probability, width } from './fields';
import type { EncoderKind } from './kind';

const schema = z.strictObject({
  kind: z.literal('compact'),
  numLayers,
  numHeads,
  width,
  dropout: probability,
  maxTokens,
  trainTable: z.boolean().describe('whether the subword vectors are trained too'),
});

/** Subword vectors that come with the package and a few transformer layers, trained with the model. */
export const compactText: EncoderKind<string, typeof schema> = {
  schema,
  preset: () => ({
    kind: 'compact',
    numLayers: 1,
    numHeads: 4,
    width: 192,
    dropout: 0.1,
    maxTokens: 64,
    trainTable: true,
  }),
  cost(config, _dModel, tokens) {
    const length = Math.min(tokens, config.maxTokens);
    const components = [
      weightsCost('table', SUBWORD_COUNT * SUBWORD_WIDTH),
      weightsCost('positions', config.maxTokens * SUBWORD_WIDTH),
      weightsCost('norm', 2 * SUBWORD_WIDTH),
      transformerCost('layers', { ...config, dModel: SUBWORD_WIDTH }, length),
    ];
    return { length, components };
  },
  async open(config, dModel, { find, kept, log }) {
    if (dModel !== SUBWORD_WIDTH)
      throw new Error(
        `model.dModel: expected ${SUBWORD_WIDTH}, the width of the compact text encoder's vectors, found ${dModel}`,
      );
    const place = kept ?? (await find(SUBWORDS, log));
    const tokenizer = await readSubwordTokenizer(place);
    return {
      async init(rng) {
        const table = kept ? tf.zeros<tf.Rank.R2>([SUBWORD_COUNT, SUBWORD_WIDTH]) : await readSubwordTable(place);
        return initCompactText(config, table, rng);
      },
      over(params) {
        const tree = params as CompactTextParams;
        if (!config.trainTable) freeze(tree.table);
        return createCompactText(config, tree, tokenizer);
      },
      files: tokenizer.files,
    };
  },
};
