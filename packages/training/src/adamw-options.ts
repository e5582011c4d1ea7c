import type { AdamWOptions } from '@mmolre/nn';
import type { TrainingConfig } from './run-config';

/**
 * How the parameters of a model are trained: those of the encoders at a learning rate of their own, and, unless all decay, biases and norms
 * without. These are the parameters of rank below 2, among them the fusion's first positions and the tasks' variances, and those whose name
 * ends in `bias`: the shared experts' lie in a matrix.
 */
export function adamWOptions({ learningRate, encoderLearningRate, decayAll }: TrainingConfig): AdamWOptions {
  return {
    ...(encoderLearningRate !== null && {
      rateOf: (path) => (isOfEncoder(path) ? encoderLearningRate / learningRate : 1),
    }),
    ...(!decayAll && { decays: (path, { rank }) => rank > 1 && !/bias$/i.test(path) }),
  };
}

/** Whether a parameter is part of an encoder as it came: the linear layer from there to the model's width is new. */
const isOfEncoder = (path: string) => /^(text|audio)\.(?!projection\.)/.test(path);
