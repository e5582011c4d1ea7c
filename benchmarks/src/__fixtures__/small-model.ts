import { paperModel } from '@mmolre/model';
import type { WholeModel } from '../whole-model';

const base = paperModel(8, 8);
const sizes = { hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 128 };

/** The paper's model in small: two layers of each encoder, two of the fusion. */
export const smallModel: WholeModel = {
  model: {
    ...base,
    dModel: 64,
    unitse: { ...base.unitse, taskRank: 8 },
    fusion: { ...base.fusion, numLayers: 2, numHeads: 4, width: 128 },
    heads: { ...base.heads, hidden: 32 },
  },
  text: {
    ...sizes,
    model_type: 'roberta',
    vocab_size: 200,
    max_position_embeddings: 64,
    type_vocab_size: 1,
    layer_norm_eps: 1e-5,
  },
  audio: { ...sizes, model_type: 'data2vec-audio', layerdrop: 0, conv_dim: [32, 32, 32, 32, 32, 32, 32] },
};
