import * as tf from '@tensorflow/tfjs';

export type AdamWConfig = {
  /** Decoupled weight decay, times the learning rate. */
  weightDecay: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  /** Gradients are scaled down together when their joint 2-norm exceeds this; absent, never. */
  maxGradNorm?: number;
};

/** AdamW's two moments of one parameter. */
type Moments = { first: tf.Tensor; second: tf.Tensor };

export type Optimizer = {
  /**
   * One step down the gradient of `loss` for the given variables, which must be the same ones every step.
   *
   * @returns The loss before the step. The caller disposes it.
   * @throws If the loss is not a number (a run that has diverged); nothing is changed then.
   */
  step(loss: () => tf.Scalar, variables: ReadonlyMap<string, tf.Variable>, learningRate: number): tf.Scalar;
  /** Frees the moments. */
  dispose(): void;
};

/**
 * AdamW as PyTorch has it (Loshchilov and Hutter, 2019): the decay does not pass through the moments, and epsilon is added to the
 * corrected root. Moments are kept by the variable's path.
 */
export function adamW(config: AdamWConfig): Optimizer {
  const { weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, maxGradNorm } = config;
  const moments = new Map<string, Moments>();
  let steps = 0;

  function update(path: string, variable: tf.Variable, grad: tf.Tensor, learningRate: number): void {
    const old = moments.get(path);
    const [first, second, value] = tf.tidy(() => {
      const squares = tf.mul(tf.square(grad), 1 - beta2);
      const first = old ? tf.add(tf.mul(old.first, beta1), tf.mul(grad, 1 - beta1)) : tf.mul(grad, 1 - beta1);
      const second = old ? tf.add(tf.mul(old.second, beta2), squares) : squares;
      const root = tf.add(tf.mul(tf.sqrt(second), 1 / Math.sqrt(1 - beta2 ** steps)), epsilon);
      const change = tf.div(tf.mul(first, learningRate / (1 - beta1 ** steps)), root);
      return [first, second, tf.sub(tf.mul(variable, 1 - learningRate * weightDecay), change)];
    });
    old?.first.dispose();
    old?.second.dispose();
    moments.set(path, { first: tf.keep(first!), second: tf.keep(second!) });
    variable.assign(value!);
    value!.dispose();
  }

  return {
    step(loss, variables, learningRate) {
      const list = [...variables.values()];
      const { value, grads } = tf.variableGrads(loss, list);
      const scale = maxGradNorm === undefined ? 1 : clipScale(Object.values(grads), maxGradNorm);
      if (!Number.isFinite(value.dataSync()[0]) || !Number.isFinite(scale)) {
        tf.dispose([value, grads]);
        throw new Error(`the loss or its gradient is not a finite number after ${steps} steps: lower the learning rate`);
      }
      steps += 1;
      for (const [path, variable] of variables) {
        const grad = grads[variable.name];
        if (!grad) continue; // not reached by this loss, as PyTorch leaves a parameter without a gradient
        const scaled = scale === 1 ? grad : tf.mul(grad, scale);
        update(path, variable, scaled, learningRate);
        tf.dispose([grad, scaled]);
      }
      return value;
    },
    dispose() {
      for (const { first, second } of moments.values()) tf.dispose([first, second]);
      moments.clear();
    },
  };
}

/** What brings the joint 2-norm of the gradients down to `maxNorm`, at most 1; NaN where the norm is not finite. */
function clipScale(grads: tf.Tensor[], maxNorm: number): number {
  const norm = tf.tidy(() => Math.sqrt(tf.addN(grads.map((g) => tf.sum(tf.square(g)))).dataSync()[0]!));
  return Number.isFinite(norm) ? Math.min(1, maxNorm / (norm + 1e-6)) : Number.NaN;
}
