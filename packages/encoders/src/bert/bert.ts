import {
  applyMask,
  constant,
  dropout,
  embedding,
  type LayerNormParams,
  type LinearParams,
  layerNorm,
  linearLayer,
  type Mode,
  modeFor,
  type Sequence,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { TextInput } from '../encoder';
import { type BertConfig, maxTokensOf } from './bert-config';
import { type BertLayerParams, bertLayer } from './bert-layer';

// B batch, T tokens, V vocabulary, P positions, D dModel

/** The parameters of a BERT or RoBERTa, named as in its checkpoint; `weight` of a linear layer is [dIn, dOut]. */
export type BertParams = {
  embeddings: {
    /** [V, D] */ word_embeddings: { weight: tf.Tensor2D };
    /** [P, D] */ position_embeddings: { weight: tf.Tensor2D };
    /** [types, D] */ token_type_embeddings: { weight: tf.Tensor2D };
    LayerNorm: LayerNormParams;
  };
  encoder: { layer: BertLayerParams[] };
  /** Not every checkpoint has one: roberta-base has none. */
  pooler?: { dense: LinearParams };
};

/**
 * BERT's last hidden state: token, position and type vectors, layer norm, then the layers.
 *
 * @param input Token ids and their mask; every token is of type 0.
 * @returns hidden [B, T, D], 0 at padded tokens, and the mask.
 * @throws If a text has more tokens than there are positions.
 * @see Devlin et al., 2019.
 */
export function bert(params: BertParams, input: TextInput, config: BertConfig, mode: Mode): Sequence {
  return lastState(bertStates, params, input, config, mode);
}

/** Hidden states, [B, T, D] each: of the embeddings, and of every layer; what stands at padded tokens means nothing. */
export function bertStates(params: BertParams, input: TextInput, config: BertConfig, mode: Mode): tf.Tensor3D[] {
  const [, T] = input.ids.shape;
  const table = params.embeddings.position_embeddings.weight;
  return tokenStates(params, input, () => tf.slice(table, [0, 0], [T, config.dModel]), config, mode);
}

/** The last hidden state, 0 at padded tokens. */
export function lastState(
  states: typeof bertStates,
  params: BertParams,
  input: TextInput,
  config: BertConfig,
  mode: Mode,
): Sequence {
  const { mask } = input;
  return { hidden: tf.tidy(() => applyMask(states(params, input, config, mode).at(-1)!, mask)), mask };
}

/**
 * What BERT and RoBERTa share.
 *
 * @param positions Gives the position vectors, [T, D] or [B, T, D].
 */
export function tokenStates(
  params: BertParams,
  { ids, mask }: TextInput,
  positions: () => tf.Tensor,
  config: BertConfig,
  mode: Mode,
): tf.Tensor3D[] {
  const [, T] = ids.shape;
  const limit = maxTokensOf(config);
  if (T > limit) throw new Error(`${config.kind}: expected at most ${limit} tokens a text, got ${T}; lower maxTokens`);
  const { word_embeddings, token_type_embeddings, LayerNorm } = params.embeddings;
  const embed = () => {
    const type = tf.slice(token_type_embeddings.weight, [0, 0], [1, config.dModel]);
    const words = lookUp(word_embeddings.weight, ids, config.padId);
    const sum = tf.add(tf.add(words, type), positions()) as tf.Tensor3D;
    return dropout(layerNorm(LayerNorm, sum, config.epsilon), config.dropout, modeFor(mode, 0));
  };
  return tf.tidy(() => {
    const states = [config.lora ? constant(embed) : embed()];
    params.encoder.layer.forEach((layer, i) => {
      states.push(bertLayer(layer, states[i]!, mask, config, modeFor(mode, 1, i)));
    });
    return states;
  });
}

/**
 * Rows of a table by index, of which one row, the padding's, never learns (`padding_idx` in PyTorch).
 *
 * @param table [V, D]
 * @param ids int32 [B, T]
 * @returns [B, T, D]
 */
export function lookUp(table: tf.Tensor2D, ids: tf.Tensor2D, padId: number): tf.Tensor3D {
  return tf.tidy(() => {
    const learning = tf.expandDims(tf.cast(tf.notEqual(ids, padId), 'float32'), 2);
    const shield = tf.customGrad((rows, save) => {
      (save as tf.GradSaveFunc)([learning]);
      return {
        value: tf.clone(rows as tf.Tensor),
        gradFunc: (dy: tf.Tensor, [learning]: tf.Tensor[]) => tf.mul(dy, learning!),
      };
    });
    return shield(embedding(table, ids)) as tf.Tensor3D;
  });
}

/**
 * The first token through a linear layer and tanh, as BERT's next-sentence head and supervised SimCSE read a text.
 *
 * @param hidden [B, T, D]
 * @returns [B, D]
 * @throws If the checkpoint had no pooler.
 */
export function bertPooler(params: BertParams, hidden: tf.Tensor3D): tf.Tensor2D {
  const { pooler } = params;
  if (!pooler)
    throw new Error("pooling: expected a checkpoint with pooler.dense, this one has none; use 'first' or 'mean'");
  return tf.tidy(() => tf.tanh(linearLayer(pooler.dense, firstToken(hidden))));
}

/** hidden [B, T, D] at its first token, [B, D]. */
export function firstToken(hidden: tf.Tensor3D): tf.Tensor2D {
  const [B, , D] = hidden.shape;
  return tf.tidy(() => tf.reshape(tf.slice(hidden, [0, 0, 0], [B, 1, D]), [B, D]));
}
