import {
  type AdamWConfig,
  adamWStep,
  bitsAt,
  disposeAdamW,
  initAdamW,
  leaves,
  type Params,
  seededValues,
  seedOf,
  variables,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { CheckpointLayout } from './checkpoint/checkpoint';
import { nest } from './checkpoint/nest';

// For the tests: weights that scripts/reference/encoders/seeded_weights.py makes too, what it keeps of a large tensor, and a short training.

const ENTRIES = 64;

/** A tensor in the checkpoint's axes: weights of unit gain, norms about 1, anything else about 0. */
function seededWeight(name: string, shape: readonly number[]): tf.Tensor {
  const values = seededValues(
    name,
    shape.reduce((product, size) => product * size, 1),
  );
  const isMatrix = shape.length > 1;
  const mean = !isMatrix && name.toLowerCase().endsWith('norm.weight') ? 1 : 0;
  const gain = isMatrix ? Math.sqrt((3 * shape[0]!) / values.length) : 0.2;
  for (let i = 0; i < values.length; i++) values[i] = mean + gain * values[i]!;
  return tf.tensor(values, [...shape]);
}

/** A model's tree with seeded weights. */
export function seededParams<P extends Params>({ shapes, axes }: CheckpointLayout): P {
  const made = [...shapes].map(
    ([name, shape]) => [name, fromCheckpoint(seededWeight(name, shape), axes(name))] as const,
  );
  return nest<P>(new Map(made));
}

/** A tensor with a checkpoint's axes as the tree has it; the given one is disposed. */
export function fromCheckpoint(tensor: tf.Tensor, order: readonly number[] | undefined): tf.Tensor {
  if (!order) return tensor;
  const turned = tf.transpose(tensor, [...order]);
  tensor.dispose();
  return turned;
}

/** Norm, two projections on random signs, 64 entries of a tensor in the checkpoint's axes. */
export function sketch(name: string, tensor: tf.Tensor): number[] {
  const values = tensor.dataSync() as Float32Array;
  const [first, second, chosen] = ['sign0', 'sign1', 'entries'].map((use) => seedOf(`${name}#${use}`));
  let [squares, sum0, sum1] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    squares += value * value;
    // The sign of a value of `seededValues`: its highest bit says whether it is below 0.
    sum0 += bitsAt(first!, i) < 0x8000_0000 ? -value : value;
    sum1 += bitsAt(second!, i) < 0x8000_0000 ? -value : value;
  }
  const entries = Array.from({ length: ENTRIES }, (_, i) => values[bitsAt(chosen!, i) % values.length]!);
  return [Math.sqrt(squares), sum0, sum1, ...entries];
}

/** How far two sketches are apart: the largest difference in norm, projections and the norm of the entries. */
export function sketchDistance(a: readonly number[], b: readonly number[]): number {
  const differences = a.map((value, i) => value - b[i]!);
  return Math.max(...differences.slice(0, 3).map(Math.abs), Math.hypot(...differences.slice(3)));
}

/**
 * Gradients whose sketches differ from PyTorch's by more than tolerance · max(|g'|, 1e-4 · |all g'|), as
 * `differingGradients` has it for whole tensors.
 *
 * @param ours By path, in the tree's axes.
 * @param theirs Sketches by path.
 */
export function differingSketches(
  ours: ReadonlyMap<string, tf.Tensor>,
  theirs: Params,
  axes: CheckpointLayout['axes'],
  tolerance: number,
): string[] {
  const expected = new Map([...leaves(theirs)].map(([path, leaf]) => [path, [...leaf.dataSync()]]));
  const all = Math.hypot(...[...expected.values()].map(([norm]) => norm!));
  const problems = [...ours.keys()]
    .filter((path) => !expected.has(path))
    .map((path) => `${path}: the reference has none`);
  for (const [path, want] of expected) {
    const got = ours.get(path);
    if (!got) {
      problems.push(`${path}: missing`);
      continue;
    }
    const order = axes(path);
    const turned = order
      ? tf.transpose(
          got,
          order.map((_, axis) => order.indexOf(axis)),
        )
      : got;
    const distance = sketchDistance(sketch(path, turned), want);
    if (order) turned.dispose();
    const allowed = tolerance * Math.max(want[0]!, 1e-4 * all);
    if (!(distance <= allowed)) problems.push(`${path}: differs by ${distance}, allowed ${allowed}`);
  }
  return problems;
}

/** The loss before each of so many steps of AdamW, which train these parameters. */
export function adamWLosses(
  loss: () => tf.Scalar,
  params: Params,
  steps: number,
  learningRate: number,
  config: AdamWConfig,
): number[] {
  const optimizer = initAdamW(variables(params));
  const losses = Array.from({ length: steps }, () => adamWStep(optimizer, config, loss, learningRate));
  disposeAdamW(optimizer);
  return losses;
}
