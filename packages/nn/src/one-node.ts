import * as tf from '@tensorflow/tfjs';
import { isFrozen } from './params';

/** What a layer gives: its value, and from the gradient of that, one gradient for each input. */
export type Node<T extends tf.Tensor> = {
  value: T;
  /**
   * @param dy The gradient of the value; freed afterwards, so that no result may be it or share its object.
   * @param saved What was passed to `save`, in that order; freed afterwards too.
   * @returns For a frozen input nothing is asked: undefined saves the work.
   */
  gradient: (dy: T, saved: tf.Tensor[]) => (tf.Tensor | undefined)[];
};

/**
 * A layer with a hand-written gradient, as one node of the tape. The tape holds what it is told to save and nothing else, and frees
 * that, and the incoming gradient, as soon as they were used: plain operations hold every intermediate result to the end.
 *
 * @param inputs What has a gradient: activations and parameters.
 * @param forward Computes the value; what the gradient will read must be passed to `save`, once.
 */
export function oneNode<T extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  forward: (save: (tensors: tf.Tensor[]) => void) => Node<T>,
): T {
  const learns = inputs.map((input) => !isFrozen(input));
  const apply = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const { value, gradient } = forward(save);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const grads = tf.tidy(() => gradient(dy as T, saved).filter((_, i) => learns[i]) as tf.Tensor[]);
      tf.dispose([dy, saved]);
      return grads;
    };
    return { value, gradFunc };
  });
  return apply(...inputs.filter((_, i) => learns[i])) as T;
}

/**
 * What is computed from frozen parameters alone, off the tape, which so holds nothing of it: to the gradient it is a constant.
 *
 * @param compute Reads no tensor that a gradient must reach.
 */
export function constant<T extends tf.Tensor>(compute: () => T): T {
  return oneNode<T>([], () => ({ value: compute(), gradient: () => [] }));
}
