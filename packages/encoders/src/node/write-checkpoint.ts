import { writeFileSafely } from '@mmolre/files';
import { leaves, type Params, safetensorsHeader } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { CheckpointLayout } from '../checkpoint/checkpoint';

/**
 * Writes a model's tensors as Hugging Face does: float32, by name, PyTorch's axes, `format: pt` in the metadata.
 *
 * @param path The file to write, `model.safetensors`.
 * @param prefix Put before every name.
 * @throws If the tree is not the layout's.
 */
export async function writeCheckpoint(
  path: string,
  params: Params,
  layout: CheckpointLayout,
  prefix = '',
): Promise<void> {
  const tensors = [...leaves(params)].sort(([a], [b]) => (a < b ? -1 : 1));
  const shapes = new Map(tensors.map(([name, tensor]) => [name, checkpointShape(tensor.shape, layout.axes(name))]));
  const problems = [...shapes].flatMap(([name, shape]) => {
    const expected = layout.shapes.get(name);
    if (!expected) return [`unexpected ${name}`];
    return expected.join() === shape.join()
      ? []
      : [`${name}: expected [${expected.join(', ')}], found [${shape.join(', ')}]`];
  });
  for (const name of layout.shapes.keys()) {
    if (!shapes.has(name) && !layout.optional.includes(name.split('.')[0]!)) problems.push(`missing ${name}`);
  }
  if (problems.length > 0)
    throw new Error(`${path}: the parameters are not those of the configuration: ${problems.join('; ')}`);
  function* parts() {
    const stored = new Map([...shapes].map(([name, shape]) => [prefix + name, shape]));
    yield safetensorsHeader(stored, { format: 'pt' });
    for (const [name, tensor] of tensors) yield bytesOf(tensor, layout.axes(name));
  }
  await writeFileSafely(path, parts());
}

/** The tree's axis i is the checkpoint's axis axes[i]. */
function checkpointShape(shape: readonly number[], axes: readonly number[] | undefined): number[] {
  return axes ? inverse(axes).map((axis) => shape[axis]!) : [...shape];
}

function bytesOf(tensor: tf.Tensor, axes: readonly number[] | undefined): Uint8Array {
  const stored = axes ? tf.transpose(tensor, inverse(axes)) : tensor;
  const values = stored.dataSync() as Float32Array;
  if (axes) stored.dispose();
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function inverse(axes: readonly number[]): number[] {
  return axes.map((_, axis) => axes.indexOf(axis));
}
