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

/** Variables that are updated together as one vector: many small kernels cost more than one large one. */
type Group = { members: tf.Variable[]; sizes: number[]; first: tf.Tensor1D; second: tf.Tensor1D };

/** A variable with more entries than this is a group of its own. */
const LARGE = 100_000;

export type Optimizer = {
  /**
   * One step down the gradient of `loss` for the given variables, which must be the same ones every step. A variable that the loss
   * does not reach is left as it is.
   *
   * @returns The loss before the step. The caller disposes it.
   * @throws If the loss or its gradient's norm, where it is clipped, is not finite (a run that has diverged), or other variables than before are reached; nothing
   *   is changed then.
   */
  step(loss: () => tf.Scalar, variables: ReadonlyMap<string, tf.Variable>, learningRate: number): tf.Scalar;
  /** Frees the moments. */
  dispose(): void;
};

/**
 * AdamW as PyTorch has it (Loshchilov and Hutter, 2019): the decay does not pass through the moments, and epsilon is added to the
 * corrected root.
 */
export function adamW(config: AdamWConfig): Optimizer {
  const { weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, maxGradNorm } = config;
  let groups: Group[] | undefined;
  let steps = 0;

  function update(group: Group, grad: tf.Tensor, learningRate: number): void {
    const [first, second, ...values] = tf.tidy(() => {
      const first = tf.add(tf.mul(group.first, beta1), tf.mul(grad, 1 - beta1));
      const second = tf.add(tf.mul(group.second, beta2), tf.mul(tf.square(grad), 1 - beta2));
      const root = tf.add(tf.mul(tf.sqrt(second), 1 / Math.sqrt(1 - beta2 ** steps)), epsilon);
      const change = tf.div(tf.mul(first, learningRate / (1 - beta1 ** steps)), root);
      const value = tf.sub(tf.mul(join(group.members), 1 - learningRate * weightDecay), change);
      const parts = group.members.length === 1 ? [value] : tf.split(value, group.sizes);
      return [first, second, ...parts.map((part, i) => tf.reshape(part, group.members[i]!.shape))];
    });
    tf.dispose([group.first, group.second]);
    group.first = tf.keep(first as tf.Tensor1D);
    group.second = tf.keep(second as tf.Tensor1D);
    group.members.forEach((variable, i) => {
      variable.assign(values[i]!);
    });
    tf.dispose(values);
  }

  return {
    step(loss, variables, learningRate) {
      const { value, grads: byName } = tf.variableGrads(loss, [...variables.values()]);
      const reached = [...variables.values()].filter(({ name }) => byName[name]);
      groups ??= group(reached);
      const grads = tf.tidy(() =>
        groups!.map(({ members }) => join(members.flatMap(({ name }) => byName[name] ?? []))),
      );
      tf.dispose(byName);
      const fail = (problem: string): never => {
        tf.dispose([value, grads]);
        throw new Error(problem);
      };
      if (reached.length !== groups.reduce((sum, { members }) => sum + members.length, 0)) {
        fail(`adamW: this loss reaches ${reached.length} variables, the first one reached others`);
      }
      const norm =
        maxGradNorm === undefined ? 0 : tf.tidy(() => Math.sqrt(tf.addN(grads.map(squareSum)).dataSync()[0]!));
      if (!Number.isFinite(value.dataSync()[0]) || !Number.isFinite(norm)) {
        fail(`the loss or its gradient is not a finite number after ${steps} steps: lower the learning rate`);
      }
      steps += 1;
      const scale = maxGradNorm === undefined ? 1 : Math.min(1, maxGradNorm / (norm + 1e-6));
      groups.forEach((group, i) => {
        const grad = scale === 1 ? grads[i]! : tf.mul(grads[i]!, scale);
        update(group, grad, learningRate);
        tf.dispose([grad, grads[i]!]);
      });
      return value;
    },
    dispose() {
      for (const { first, second } of groups ?? []) tf.dispose([first, second]);
      groups = undefined;
    },
  };
}

/** The small variables as one group, each large one as its own. */
function group(variables: readonly tf.Variable[]): Group[] {
  const small = variables.filter(({ size }) => size <= LARGE);
  const large = variables.filter(({ size }) => size > LARGE).map((variable) => [variable]);
  return [small, ...large]
    .filter((members) => members.length > 0)
    .map((members) => {
      const sizes = members.map(({ size }) => size);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      return { members, sizes, first: tf.zeros([total]), second: tf.zeros([total]) };
    });
}

/** Tensors end to end as one vector. */
function join(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  const flat = tensors.map((tensor) => tf.reshape(tensor, [-1]) as tf.Tensor1D);
  return flat.length === 1 ? flat[0]! : tf.concat(flat);
}

function squareSum(x: tf.Tensor): tf.Scalar {
  return tf.sum(tf.square(x));
}
