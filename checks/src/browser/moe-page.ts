import type { Form } from '@mmolre/moe';
import { TaskMoeLayer } from '@mmolre/moe/layers';
import { applyMask, createRng, normal } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

// What `moe.test.ts` runs inside a browser: the same layer with the same numbers on one backend after the other.

export type MoeResult = {
  backend: string;
  /** Values of each task's output, of each weight's gradient and of each epoch's loss in `fit`, by name */
  values: Record<string, number[]>;
  /** Tensors that a second round of everything left behind */
  leaked: number;
};

const [B, T, D] = [4, 11, 16];
const tasks = ['sentiment', 'emotion'];

async function runOn(backend: string, form: Form): Promise<MoeResult> {
  await tf.setBackend(backend);
  await tf.ready();
  await round(form);
  const before = tf.memory().numTensors;
  const values = await round(form);
  return { backend: tf.getBackend(), values, leaked: tf.memory().numTensors - before };
}

async function round(form: Form): Promise<Record<string, number[]>> {
  const rng = createRng(3);
  const mask = tf.tensor2d(
    Array.from({ length: B * T }, (_, i) => (i % T < T - Math.floor(i / T) ? 1 : 0)),
    [B, T],
  );
  const [x, weight] = [1, 2].map(() => tf.tidy(() => applyMask(normal<tf.Rank.R3>([B, T, D], 1, rng), mask)));
  const layer = new TaskMoeLayer({
    ...{ form, tasks, ranks: [1, 3, 2, 4], taskRank: 2, topK: 2, numBlocks: 2, norm: true, residual: true },
    ...{ seed: 5, balanceWeight: 0.1, expertActivation: 'gelu', name: 'moe' },
  });
  const inputs = [tf.input({ shape: [null, D] }), tf.input({ shape: [null] })];
  const model = tf.model({ inputs, outputs: layer.apply(inputs) as tf.SymbolicTensor[] });
  const optimizer = tf.train.sgd(0.05);
  model.compile({ optimizer, loss: 'meanSquaredError' });

  const values: Record<string, number[]> = {};
  const outputs = model.predict([x!, mask]) as tf.Tensor[];
  for (const [i, task] of tasks.entries()) values[task] = [...(await outputs[i]!.data())];
  const { value, grads } = tf.variableGrads(
    () =>
      tf.addN((layer.apply([x!, mask]) as tf.Tensor[]).map((output) => tf.sum(tf.mul(output, weight!)))) as tf.Scalar,
    layer.weights.map((variable) => variable.read() as tf.Variable),
  );
  for (const { originalName, name } of layer.weights) values[originalName] = [...(await grads[name]!.data())];
  const { history } = await model.fit([x!, mask], [weight!, x!], {
    epochs: 3,
    batchSize: 2,
    shuffle: false,
    verbose: 0,
  });
  values.fit = history.loss as number[];

  tf.dispose([mask, x, weight, outputs, value, grads]);
  model.dispose();
  optimizer.dispose();
  return values;
}

setWasmPaths('/wasm/');
Object.assign(globalThis, { runOn });
