// What tfjs-node-gpu does when it is loaded, but for looking for its addon. Bundled by `build-binding.mjs` into dist/node-backend.cjs.
import '@tensorflow/tfjs-node-gpu/dist/register_all_kernels';
import * as tf from '@tensorflow/tfjs';
import { ProgbarLogger } from '@tensorflow/tfjs-node-gpu/dist/callbacks';
import { nodeFileSystemRouter } from '@tensorflow/tfjs-node-gpu/dist/io/file_system';
import * as nodeIo from '@tensorflow/tfjs-node-gpu/dist/io/index';
import { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import { version } from '@tensorflow/tfjs-node-gpu/dist/version';

export { node } from '@tensorflow/tfjs-node-gpu/dist/node';

export const io = { ...tf.io, ...nodeIo };
export const tfjsNodeVersion = version;

type Binding = ConstructorParameters<typeof NodeJSKernelBackend>[0];

/** Registers the backend `tensorflow` over a loaded addon, makes it the current one, and `file://` a place for models. */
export function registerNodeBackend(binding: unknown): void {
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding as Binding, 'tfjs-node'), 3);
  tf.setBackend('tensorflow');
  tf.io.registerLoadRouter(nodeFileSystemRouter);
  tf.io.registerSaveRouter(nodeFileSystemRouter);
  tf.registerCallbackConstructor(1, ProgbarLogger);
}
