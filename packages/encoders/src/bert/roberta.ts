import type { Mode, Sequence } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { TextInput } from '../encoder';
import { type BertParams, lastState, lookUp, tokenStates } from './bert';
import type { BertConfig } from './bert-config';

/**
 * RoBERTa's last hidden state: a BERT whose positions begin after the padding's id, and skip padding.
 *
 * @param input Token ids and their mask.
 * @returns hidden [B, T, D], 0 at padded tokens, and the mask.
 * @throws If a text has more tokens than there are positions.
 * @see Liu et al., 2019.
 */
export function roberta(params: BertParams, input: TextInput, config: BertConfig, mode: Mode): Sequence {
  return lastState(robertaStates, params, input, config, mode);
}

/** Hidden states, [B, T, D] each: of the embeddings, and of every layer; what stands at padded tokens means nothing. */
export function robertaStates(params: BertParams, input: TextInput, config: BertConfig, mode: Mode): tf.Tensor3D[] {
  const table = params.embeddings.position_embeddings.weight;
  const positions = () => lookUp(table, positionIds(input.ids, config.padId), config.padId);
  return tokenStates(params, input, positions, config, mode);
}

/** padId + 1, padId + 2, ... along the tokens that are not padding; padding has padId. */
function positionIds(ids: tf.Tensor2D, padId: number): tf.Tensor2D {
  return tf.tidy(() => {
    const real = tf.cast(tf.notEqual(ids, padId), 'float32');
    return tf.cast(tf.add(tf.mul(tf.cumsum(real, 1), real), padId), 'int32') as tf.Tensor2D;
  });
}
