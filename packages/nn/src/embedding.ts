import * as tf from '@tensorflow/tfjs';
import { reshape } from './rows';

/**
 * Rows of a table by their index. Its gradient is a scatter of our own: the wasm backend has none for `tf.gather`.
 *
 * @param table [V, D]
 * @param ids int32 [B, T], each 0 .. V - 1
 * @returns [B, T, D]
 */
export function embedding(table: tf.Tensor2D, ids: tf.Tensor2D): tf.Tensor3D {
  const [V, D] = table.shape;
  return tf.tidy(() => {
    const rows = tf.reshape(ids, [-1, 1]);
    const look = tf.customGrad((table, save) => {
      (save as tf.GradSaveFunc)([rows]);
      const gradFunc = (dy: tf.Tensor, [rows]: tf.Tensor[]) => tf.scatterND(rows!, dy, [V, D]);
      return { value: tf.gather(table as tf.Tensor2D, tf.reshape(rows, [-1])), gradFunc };
    });
    return reshape(look(table), [...ids.shape, D]);
  });
}
