import * as tf from '@tensorflow/tfjs';
import { adamMoments, type Moments } from './adam-moments';

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
type Group = { members: tf.Variable[]; count: number; moments: Moments };

/** A variable with more entries than this is a group of its own. */
const LARGE = 100_000;

export type Optimizer = {
  /**
   * One step down the gradient of `loss` for the given variables, which must be the same ones every step. A variable that the loss
   * does not reach in this step is left as it is, and its own count of steps too, as PyTorch does (layers that are skipped at random).
   *
   * @returns The loss before the step. The caller disposes it.
   * @throws If the loss or its gradient's norm, where it is clipped, is not finite (a run that has diverged); nothing is changed then.
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

  function update(group: Group, grad: tf.Tensor1D, learningRate: number): void {
    const { members } = group;
    const step = { learningRate, weightDecay, beta1, beta2, epsilon, count: ++group.count };
    const values = tf.tidy(() => {
      const value = group.moments.step(join(members), grad, step);
      return apart(value, members).map((part, i) => tf.reshape(part, members[i]!.shape));
    });
    members.forEach((variable, i) => {
      variable.assign(values[i]!);
    });
    tf.dispose(values);
  }

  return {
    step(loss, variables, learningRate) {
      const { value, grads: byName } = tf.variableGrads(loss, [...variables.values()]);
      const isReached = ({ name }: tf.Variable) => byName[name] !== undefined;
      groups = (groups ?? group([...variables.values()])).flatMap((group) => separate(group, isReached));
      const reached = groups.filter(({ members }) => isReached(members[0]!));
      const grads = tf.tidy(() => reached.map(({ members }) => join(members.map(({ name }) => byName[name]!))));
      tf.dispose(byName);
      const norm =
        maxGradNorm === undefined ? 0 : tf.tidy(() => Math.sqrt(tf.addN(grads.map(squareSum)).dataSync()[0]!));
      if (!Number.isFinite(value.dataSync()[0]) || !Number.isFinite(norm)) {
        tf.dispose([value, grads]);
        throw new Error(
          `the loss or its gradient is not a finite number after ${steps} steps: lower the learning rate`,
        );
      }
      steps += 1;
      const scale = maxGradNorm === undefined ? 1 : Math.min(1, maxGradNorm / (norm + 1e-6));
      reached.forEach((group, i) => {
        const grad = scale === 1 ? grads[i]! : (tf.mul(grads[i]!, scale) as tf.Tensor1D);
        update(group, grad, learningRate);
        tf.dispose([grad, grads[i]!]);
      });
      return value;
    },
    dispose() {
      for (const { moments } of groups ?? []) moments.dispose();
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
      const zeros = tf.zeros<tf.Rank.R1>([members.reduce((sum, { size }) => sum + size, 0)]);
      const moments = adamMoments(zeros, zeros);
      zeros.dispose();
      return { members, count: 0, moments };
    });
}

/** The group, or, where the loss reaches only some of its members, these and the others as two from now on. */
function separate(group: Group, isReached: (variable: tf.Variable) => boolean): Group[] {
  const { members, count, moments } = group;
  const parts = [members.filter(isReached), members.filter((member) => !isReached(member))];
  if (parts.some((part) => part.length === 0)) return [group];
  const separated: Group[] = [];
  tf.tidy(() => {
    const [first, second] = moments.read().map((moment) => apart(moment, members));
    const own = (part: tf.Variable[], moment: tf.Tensor1D[]) => join(part.map((v) => moment[members.indexOf(v)]!));
    for (const part of parts)
      separated.push({ members: part, count, moments: adamMoments(own(part, first!), own(part, second!)) });
  });
  moments.dispose();
  return separated;
}

/** Tensors end to end as one vector. */
function join(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  const flat = tensors.map((tensor) => tf.reshape(tensor, [-1]) as tf.Tensor1D);
  return flat.length === 1 ? flat[0]! : tf.concat(flat);
}

/** The inverse of `join`, each part still a vector. */
function apart(vector: tf.Tensor1D, members: readonly tf.Tensor[]): tf.Tensor1D[] {
  if (members.length === 1) return [vector];
  return tf.split(
    vector,
    members.map(({ size }) => size),
  );
}

function squareSum(x: tf.Tensor): tf.Scalar {
  return tf.sum(tf.square(x));
}
