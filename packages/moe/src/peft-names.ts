import { assertShape } from '@mmolre/nn';
import type * as tf from '@tensorflow/tfjs';
import type { LoraExpertParams } from './lora-mixture';

// The names that PEFT gives the weights of one adapter in `adapter_model.safetensors`, which holds one expert of each layer.

const PREFIX = 'base_model.model.';
const NAME = /^base_model\.model\.(.+)\.lora_(A|B)\.weight$/;

/**
 * An adapter's experts by the path of the layer that they change (`layers.0.mlp.up_proj`), from a state dict of PEFT. The same tensors.
 *
 * @throws If a name is none of LoRA's two weights, or a layer lacks one, or the two are of different ranks.
 */
export function fromPeft(stateDict: ReadonlyMap<string, tf.Tensor>): Record<string, LoraExpertParams> {
  const layers = new Map<string, { A?: tf.Tensor2D; B?: tf.Tensor2D }>();
  for (const [name, tensor] of stateDict) {
    const [, path, side] = NAME.exec(name) ?? [];
    if (!path) throw new Error(`fromPeft: expected names like ${PREFIX}<path>.lora_A.weight, got ${name}`);
    layers.set(path, { ...layers.get(path), [side!]: tensor });
  }
  const experts = [...layers].map(([path, { A, B }]) => {
    if (!A || !B) throw new Error(`fromPeft: expected lora_A and lora_B of ${path}, lora_${A ? 'B' : 'A'} is missing`);
    assertShape(A, ['R', 'dIn'], `fromPeft ${path}.lora_A.weight`);
    assertShape(B, ['dOut', A.shape[0]], `fromPeft ${path}.lora_B.weight`);
    return [path, { lora_A: { weight: A }, lora_B: { weight: B } }] as const;
  });
  return Object.fromEntries(experts);
}

/** The inverse of `fromPeft`. */
export function toPeft(experts: Readonly<Record<string, LoraExpertParams>>): Map<string, tf.Tensor> {
  return new Map(
    Object.entries(experts).flatMap(([path, { lora_A, lora_B }]): [string, tf.Tensor][] => [
      [`${PREFIX}${path}.lora_A.weight`, lora_A.weight],
      [`${PREFIX}${path}.lora_B.weight`, lora_B.weight],
    ]),
  );
}
