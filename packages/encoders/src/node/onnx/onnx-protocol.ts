import type { MessagePort } from 'node:worker_threads';

// What the thread that runs models and the one that asks it say to each other.

/** Which library runs a model: `@huggingface/transformers` 4 or `@xenova/transformers` 2.17. */
export type OnnxLibrary = 'huggingface' | 'xenova';

export const LIBRARY_NAMES: Record<OnnxLibrary, string> = {
  huggingface: '@huggingface/transformers',
  xenova: '@xenova/transformers',
};

/** Numbers for one input of a model. */
export type OnnxFeed =
  | { type: 'int64'; data: BigInt64Array; dims: number[] }
  | { type: 'float32'; data: Float32Array; dims: number[] };

/** Given to the thread: its library, and how it answers runs: by the port, then by setting the signal to 1. */
export type ThreadTask = { library: OnnxLibrary; port: MessagePort; signal: Int32Array };
/** Its first message. */
export type ThreadReady = { ready: true } | { problem: string; isAbsent: boolean };

/** Opens the ONNX file, an absolute path, as the model `model`; or closes that model. */
export type ModelOrder = { model: number; file: string } | { model: number; close: true };
export type ModelReply = { model: number } & (
  | { inputs: string[]; outputs: string[] }
  | { problem: string }
  | { closed: true }
);

export type OnnxRun = { run: number; model: number; feeds: Record<string, OnnxFeed>; output: string };
export type OnnxResult = { data: Float32Array; dims: number[] };
export type RunReply = { run: number } & ({ result: OnnxResult } | { problem: string });
