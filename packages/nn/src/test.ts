import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { leaves, type Params, variables } from './params';
import { parseSafetensors, parseSafetensorsHeader, safetensorsHeaderLength } from './parse-safetensors';
import { toTensor } from './stored-tensor';

/** Numbers that `scripts/reference` computed with PyTorch, by key. */
export type Fixture = {
  get<T extends tf.Tensor = tf.Tensor>(key: string): T;
  /** The keys below a prefix as a parameter tree; number keys become arrays. */
  tree<P extends Params>(prefix: string): P;
  has(key: string): boolean;
  /** What the script kept beside the numbers of how it made them. */
  about<T>(): T;
};

/** Reads a fixture file. Tensors are made afresh by each call, on the backend then in use. */
export function readFixture(url: URL): Fixture {
  const file = readFileSync(url);
  const stored = parseSafetensors(file, url.pathname);
  const get = (key: string) => {
    const found = stored.get(key);
    if (!found) throw new Error(`${url.pathname}: no ${key}; there are ${[...stored.keys()].join(', ')}`);
    return toTensor(found);
  };
  return {
    get: <T extends tf.Tensor>(key: string) => get(key) as T,
    tree: <P extends Params>(prefix: string) => {
      const keys = [...stored.keys()].filter((key) => key.startsWith(`${prefix}.`));
      if (keys.length === 0) throw new Error(`${url.pathname}: nothing under ${prefix}`);
      return nest(
        keys.map((key) => [key.slice(prefix.length + 1).split('.'), key]),
        get,
      ) as P;
    },
    has: (key) => stored.has(key),
    about: () => {
      const end = 8 + safetensorsHeaderLength(file.subarray(0, 8), file.length, url.pathname);
      const { metadata } = parseSafetensorsHeader(file.subarray(8, end), file.length - end, url.pathname);
      return JSON.parse(metadata.fixture!);
    },
  };
}

type Branch = [path: string[], key: string];

function nest(branches: Branch[], get: (key: string) => tf.Tensor): Params {
  if (branches.length === 1 && branches[0]![0].length === 0) return get(branches[0]![1]);
  const groups = new Map<string, Branch[]>();
  for (const [[first, ...rest], key] of branches) {
    const group = groups.get(first!) ?? [];
    groups.set(first!, [...group, [rest, key]]);
  }
  const children = [...groups].map(([name, group]) => [name, nest(group, get)] as const);
  const isArray = [...groups.keys()].every((name) => /^\d+$/.test(name));
  return isArray ? children.map(([, child]) => child) : Object.fromEntries(children);
}

/** |a - b| / max(|b|, `least`) in the 2-norm; |a| where b and `least` are zero. */
export function relativeError(a: tf.Tensor, b: tf.Tensor, least = 0): number {
  return tf.tidy(() => {
    const norm = (x: tf.Tensor) => tf.norm(tf.cast(x, 'float32')).dataSync()[0]!;
    return norm(tf.sub(a, b)) / (Math.max(norm(b), least) || 1);
  });
}

/**
 * Gradients that differ from PyTorch's: by path, those with |g - g'| > tolerance · max(|g'|, floor · |all g'|), in the 2-norm.
 * The second term is for gradients that are exactly zero in theory (a key's bias).
 */
export function differingGradients(
  ours: ReadonlyMap<string, tf.Tensor>,
  theirs: Params,
  tolerance: number,
  floor = 1e-4,
): string[] {
  const expected = leaves(theirs);
  const norm = (x: tf.Tensor) => tf.tidy(() => tf.norm(x).dataSync()[0]!);
  const all = Math.hypot(...[...expected.values()].map(norm));
  const problems: string[] = [];
  for (const path of ours.keys()) if (!expected.has(path)) problems.push(`${path}: the reference has none`);
  for (const [path, want] of expected) {
    const got = ours.get(path);
    const difference = got ? tf.tidy(() => norm(tf.sub(got, want))) : norm(want);
    const allowed = tolerance * Math.max(norm(want), floor * all);
    if (!(difference <= allowed)) problems.push(`${path}: differs by ${difference}, allowed ${allowed}`);
  }
  return problems;
}

/**
 * A scalar and its gradients, by path, for the variables of a tree that it reaches.
 *
 * @param like Asks only for the leaves that this tree has too.
 */
export function gradientsOf(
  loss: () => tf.Scalar,
  trained: Params,
  like?: Params,
): { value: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  const wanted = like && leaves(like);
  const list = [...variables(trained)].filter(([path]) => wanted?.has(path) ?? true);
  const { value, grads } = tf.variableGrads(
    loss,
    list.map(([, variable]) => variable),
  );
  const reached = list.flatMap(([path, { name }]) => (grads[name] ? [[path, grads[name]] as const] : []));
  return { value, gradients: new Map(reached) };
}

/** Multiply-adds of every matrix product that `run` computes, on the cpu backend, where each is an operation of tfjs. */
export async function countedMultiplyAdds(run: () => tf.TensorContainer): Promise<number> {
  const backend = tf.getBackend();
  await tf.setBackend('cpu');
  const { kernels } = await tf.profile(() => tf.tidy(run));
  await tf.setBackend(backend);
  const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
  let sum = 0;
  for (const { name, inputShapes, outputShapes } of kernels) {
    if (!/MatMul/.test(name)) continue;
    const [a, b] = inputShapes as number[][];
    const out = outputShapes[0] as number[];
    const batch = size(out.slice(0, -2));
    sum += size(out) * Math.sqrt((size(a!) * size(b!)) / (size(out) * batch));
  }
  return sum;
}

/** The shapes of what matrix products give in `run`, as text: those of tfjs, and those that the native backend is asked for by name. */
export async function shapesOfProducts(run: () => tf.TensorContainer): Promise<string[]> {
  type Execute = (name: string, attributes: object[], inputs: tf.Tensor[], numOutputs: number) => tf.Tensor[];
  const backend = tf.backend() as unknown as { executeMultipleOutputs?: Execute };
  const execute = backend.executeMultipleOutputs;
  const shapes: string[] = [];
  if (execute)
    backend.executeMultipleOutputs = (name, ...rest) => {
      const outputs = execute.call(backend, name, ...rest);
      if (/MatMul/.test(name)) shapes.push(`${outputs[0]!.shape}`);
      return outputs;
    };
  try {
    const { kernels } = await tf.profile(() => tf.tidy(run));
    const ofTfjs = kernels.filter(({ name }) => /MatMul/.test(name));
    return [...shapes, ...ofTfjs.map(({ outputShapes }) => `${outputShapes[0]}`)];
  } finally {
    if (execute) backend.executeMultipleOutputs = execute;
  }
}
