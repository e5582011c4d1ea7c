/**
 * What `@tensorflow/tfjs-node` exports, over this package's native backend, for programs that were written for that: import it in its place,
 * or start the program by `node --import @mmolre/backend/register`.
 *
 * @throws BackendError in one line if native is not installed.
 * @module
 */
import * as tf from '@tensorflow/tfjs';
import { nodeBackend } from './addon';
import { startTensorflow } from './start-tensorflow';

type Image = tf.Tensor3D | tf.Tensor4D;
type Signature = { [key: string]: { inputs: object; outputs: object } };
/** `tf.node`, as tfjs-node documents it. */
type NodeFunctions = {
  decodeImage(contents: Uint8Array, channels?: number, dtype?: string, expandAnimations?: boolean): Image;
  decodeBmp(contents: Uint8Array, channels?: number): tf.Tensor3D;
  decodeGif(contents: Uint8Array): tf.Tensor4D;
  decodePng(contents: Uint8Array, channels?: number, dtype?: string): tf.Tensor3D;
  decodeJpeg(contents: Uint8Array, channels?: number, ratio?: number): tf.Tensor3D;
  encodeJpeg(image: tf.Tensor3D, format?: '' | 'grayscale' | 'rgb', quality?: number): Promise<Uint8Array>;
  encodePng(image: tf.Tensor3D, compression?: number): Promise<Uint8Array>;
  summaryFileWriter(
    folder: string,
    maxQueue?: number,
    flushMillis?: number,
    suffix?: string,
  ): {
    scalar(name: string, value: tf.Scalar | number, step: number, description?: string): void;
    histogram(name: string, data: tf.Tensor, step: number, buckets?: number, description?: string): void;
    flush(): void;
  };
  tensorBoard(folder?: string, options?: { updateFreq?: 'batch' | 'epoch'; histogramFreq?: number }): tf.CustomCallback;
  getMetaGraphsFromSavedModel(path: string): Promise<{ tags: string[]; signatureDefs: Signature }[]>;
  getNumOfSavedModels(): number;
  loadSavedModel(path: string, tags?: string[], signature?: string): Promise<tf.InferenceModel>;
};
type NodeIo = {
  fileSystem(path: string | string[]): tf.io.IOHandler;
  nodeHTTPRequest(path: string, requestInit?: RequestInit, weightPathPrefix?: string): tf.io.IOHandler;
};

startTensorflow();
const backend = nodeBackend();

export * from '@tensorflow/tfjs';
export const node: NodeFunctions = backend.node;
export const io: typeof tf.io & NodeIo = backend.io;
export const version: typeof tf.version & { 'tfjs-node': string } = {
  ...tf.version,
  'tfjs-node': backend.tfjsNodeVersion,
};

// What `require` gives on Node from 23 on: else that would be the `module.exports` that tfjs's namespace brings along.
const all: typeof tf & { node: NodeFunctions } = { ...tf, node, io, version };

export { all as 'module.exports' };
