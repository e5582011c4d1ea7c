import type { Modality } from '@mmolre/model';
import type { AdamWOptions } from '@mmolre/nn';
import type { TrainingConfig } from './run-config';

/**
 * How the parameters of a model are trained: those of the encoders at a learning rate of their own, and, unless all decay, biases and norms
 * without. These are the parameters of rank below 2, among them the fusion's first positions and the tasks' variances, and those whose name
 * ends in `bias`: the shared experts' lie in a matrix.
 */
export function adamWOptions({ learningRate, encoderLearningRate, decayAll }: TrainingConfig): AdamWOptions {
  const rateOf = (path: string): number => {
    const encoder = encoderOf(path);
    const own =
      typeof encoderLearningRate === 'number' ? encoderLearningRate : encoder && encoderLearningRate?.[encoder];
    return encoder && own ? own / learningRate : 1;
  };
  return {
    ...(encoderLearningRate !== null && { rateOf }),
    ...(!decayAll && { decays: (path, { rank }) => rank > 1 && !/bias$/i.test(path) }),
  };
}

/** Which encoder a parameter is part of as it came: the linear layer from there to the model's width is new. */
const encoderOf = (path: string) => /^(text|audio)\.(?!projection\.)/.exec(path)?.[1] as Modality | undefined;
