import type * as tf from '@tensorflow/tfjs';
import type { TensorFile } from './tensor-file';

/** One side's work, set up and ready to be timed. */
export type Work = {
  /** Does it once and reads a number of the result back, so that it is done when this returns. */
  run(): number | Promise<number>;
  /** What both sides must agree on, by name. Called at most once, before the first `run`. */
  results(): Record<string, tf.Tensor> | Promise<Record<string, tf.Tensor>>;
  /** How much of the case's work a call of `run` does, where all of it would take too long: 1. Its time is divided by this. */
  share?: number;
  /** What it runs on, where that is not TensorFlow: `ONNX Runtime 1.30.0`. */
  runsOn?: string;
};

/** Sets a side up in a Node process of its own, on the native backend. */
export type NodeSide = (data: TensorFile) => Work | Promise<Work>;

/** A side in a Python process: `benchmarks/python/<python>.py` has `prepare(data, **settings)`, which returns the same two functions. */
export type PythonSide = { python: string; settings: Record<string, unknown> };

export type Case = {
  /** What is compared, ours / theirs, and how. Unique. */
  name: string;
  /** Weights and inputs. Made once, on the plain backend; both sides read them from the same file. */
  data(): Record<string, tf.Tensor>;
  /** Writes files beside the data that a side reads: `benchmarks/python/<python>.py` has `make(folder, **settings)`. */
  files?: PythonSide;
  /** Too large for two processes at once: every figure is of the third call of a process of its own. */
  fresh?: boolean;
  /** Results that differ by less, relatively, are equal: 1e-4. */
  tolerance?: number;
  ours: NodeSide;
  theirs: NodeSide | PythonSide;
};

/** What `pnpm bench <name>` runs. A new one is a file `<name>.bench.ts` and a line in `benchmarks.ts`. */
export type Benchmark = { title: string; cases: readonly Case[] };

/** One measured figure. `time` in milliseconds a call, `memory` in MiB at the process's peak. */
export type Measure = {
  name: string;
  metric: 'time' | 'memory';
  /** Medians. */
  ours: number;
  theirs: number;
  /** ours / theirs */
  ratio: number;
  /** Interquartile range of the ratios of the single rounds. */
  spread: number;
};
