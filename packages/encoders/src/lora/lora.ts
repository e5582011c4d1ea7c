import { kaimingUniform, type LoraOptions, leaves, mapLeaves, matMul, type Params, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { CheckpointLayout } from '../checkpoint/checkpoint';
import { nest } from '../checkpoint/nest';

/** What LoRA trains beside the weights of an encoder's layers, which stay as they are. @see Hu et al., LoRA, 2022 */
export type LoraConfig = {
  /** Inner width of what is added to a weight. */
  rank: number;
  /** What is added is multiplied by alpha / rank. */
  alpha: number;
  /** Which linear layers, by the ends of their names as PEFT has it: `query` is each layer's `attention.self.query`. */
  targets: readonly string[];
  /** On what it reads, in training. */
  dropout: number;
};

/** How the layers apply it. */
export const loraOptions = ({ rank, alpha, dropout }: LoraConfig): LoraOptions => ({ scale: alpha / rank, dropout });

/** A linear layer of an encoder's layers, its path and its PyTorch shape. */
const MODULE = /^(encoder\.layers?\.\d+\..+)\.weight$/;

function modulesOf({ shapes }: CheckpointLayout): Map<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  for (const [name, shape] of shapes) {
    const path = MODULE.exec(name)?.[1];
    if (path && shape.length === 2) found.set(path, shape);
  }
  return found;
}

/**
 * The tensors of the adapters, by the names that PEFT gives them below `base_model.model.`.
 *
 * @throws If a target is the name of none of the encoder's linear layers.
 */
export function loraLayout(layout: CheckpointLayout, { rank, targets }: LoraConfig): CheckpointLayout {
  const modules = modulesOf(layout);
  const isOf = (path: string, target: string) => path.endsWith(`.${target}`);
  for (const target of targets) {
    if ([...modules.keys()].some((path) => isOf(path, target))) continue;
    const known = new Set([...modules.keys()].map((path) => path.split('.').at(-1)));
    throw new Error(
      `lora.targets: expected some of the layers' ${[...known].join(', ')}, found ${JSON.stringify(target)}`,
    );
  }
  const shapes = new Map<string, readonly number[]>();
  for (const [path, [dOut, dIn]] of modules) {
    if (!targets.some((target) => isOf(path, target))) continue;
    shapes.set(`${path}.lora_A.weight`, [rank, dIn!]).set(`${path}.lora_B.weight`, [dOut!, rank]);
  }
  return { shapes, prefix: '', optional: [], axes: () => [1, 0] };
}

/** Fresh adapters as PEFT draws them, which change nothing yet: A Kaiming-uniform, B 0. */
export function initLora(layout: CheckpointLayout, config: LoraConfig, rng: Rng): Params {
  const made = new Map<string, tf.Tensor>();
  for (const [name, [dOut, dIn]] of loraLayout(layout, config).shapes) {
    const shape: [number, number] = [dIn!, dOut!];
    made.set(name, name.endsWith('.lora_A.weight') ? kaimingUniform<tf.Rank.R2>(shape, dIn!, rng) : tf.zeros(shape));
  }
  return nest(made);
}

/** One tree of an encoder's weights and its adapters: the same tensors. */
export function withLora<P extends Params>(params: P, adapters: Params): P {
  return nest<P>(new Map([...leaves(params), ...leaves(adapters)]));
}

/** The encoder's weights with the adapters added to them, as tensors of their own: W + alpha / rank · A B. */
export function mergeLora<P extends Params>(params: P, adapters: Params, config: LoraConfig): P {
  const added = leaves(adapters);
  return mapLeaves(params, (leaf, path) =>
    tf.tidy(() => {
      const module = path.replace(/\.weight$/, '');
      const [a, b] = ['A', 'B'].map((side) => added.get(`${module}.lora_${side}.weight`));
      if (!a || !b) return tf.clone(leaf);
      return tf.add(leaf, tf.mul(matMul(a, b), loraOptions(config).scale));
    }),
  );
}
