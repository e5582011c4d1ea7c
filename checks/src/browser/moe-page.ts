import {
  type Form,
  type FrozenLinearParams,
  initLoraExperts,
  initMixLora,
  loraMixture,
  mixLora,
  uniTse,
} from '@mmolre/moe';
import { TaskMoeLayer } from '@mmolre/moe/layers';
import {
  activations,
  applyMask,
  createRng,
  disposeParams,
  mapLeaves,
  normal,
  type Params,
  trainable,
  variables,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';

// What `moe.test.ts` runs inside a browser: the same layer, or LoRA experts, with the same numbers on one backend after the other.

export type MoeResult = {
  backend: string;
  /** Values of each task's output, of each weight's gradient and of the loss of each epoch or step, by name */
  values: Record<string, number[]>;
  /** Tensors that a second round of everything left behind */
  leaked: number;
};

const [B, T, D] = [4, 11, 16];
const tasks = ['sentiment', 'emotion'];

/** What is run: the layer with a form, the layer that routes by token, or LoRA experts. */
export type MoeRun = Form | 'token' | 'lora';

async function runOn(backend: string, what: MoeRun): Promise<MoeResult> {
  await tf.setBackend(backend);
  await tf.ready();
  const round = () => (what === 'lora' ? loraRound() : layerRound(what));
  await round();
  const before = tf.memory().numTensors;
  const values = await round();
  return { backend: tf.getBackend(), values, leaked: tf.memory().numTensors - before };
}

const makeMask = () =>
  tf.tensor2d(
    Array.from({ length: B * T }, (_, i) => (i % T < T - Math.floor(i / T) ? 1 : 0)),
    [B, T],
  );

async function layerRound(what: Form | 'token'): Promise<Record<string, number[]>> {
  const rng = createRng(3);
  const mask = makeMask();
  const [x, weight] = [1, 2].map(() => tf.tidy(() => applyMask(normal<tf.Rank.R3>([B, T, D], 1, rng), mask)));
  const layer = new TaskMoeLayer({
    ...(what === 'token' ? { routing: 'token', zLossWeight: 0.01, balanceRate: 0.01 } : { form: what }),
    ...{ tasks, ranks: [1, 3, 2, 4], taskRank: 2, topK: 2, numBlocks: 2, norm: true, residual: true },
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
    layer.trainableWeights.map((variable) => variable.read() as tf.Variable),
  );
  for (const { originalName, name } of layer.trainableWeights) values[originalName] = [...(await grads[name]!.data())];
  const { blocks } = uniTse(layer.params, x!, mask, layer.config);
  for (const [i, { emotion }] of blocks.entries()) values[`gates ${i}`] = [...(await emotion!.gates.data())];
  const { history } = await model.fit([x!, mask], [weight!, x!], {
    epochs: 3,
    batchSize: 2,
    shuffle: false,
    verbose: 0,
  });
  values.fit = history.loss as number[];

  tf.dispose([mask, x, weight, outputs, value, grads, blocks]);
  model.dispose();
  optimizer.dispose();
  return values;
}

/** LoRA experts beside a linear layer, and MixLoRA's beside a feed-forward, trained together by five steps. */
async function loraRound(): Promise<Record<string, number[]>> {
  const rng = createRng(4);
  const mask = makeMask();
  const [x, target] = [1, 2].map(() => normal<tf.Rank.R3>([B, T, D], 1, rng)) as [tf.Tensor3D, tf.Tensor3D];
  const linear = (dIn: number, dOut: number): FrozenLinearParams => ({
    weight: normal<tf.Rank.R2>([dOut, dIn], dIn ** -0.5, rng),
    bias: normal<tf.Rank.R1>([dOut], 0.1, rng),
  });
  const base = linear(D, D);
  const feedForward = { up_proj: linear(D, 24), down_proj: linear(24, D), gate_proj: linear(D, 24) };
  const fresh = {
    experts: initLoraExperts(base, [1, 3, 2], rng),
    mix: { ...initMixLora(feedForward, [2, 4, 3], rng), base: undefined },
  };
  const gates = normal<tf.Rank.R2>([B, 3], 1, rng);
  // B is not zero, so that every gradient is there; and a router whose choices are clear.
  const params = trainable(
    mapLeaves(fresh as Params, (leaf) => normal(leaf.shape as [number, number], 0.3, rng)),
  ) as typeof fresh;
  tf.dispose([fresh.experts, fresh.mix] as unknown as tf.TensorContainer);
  const run = () => {
    const h = loraMixture({ base, experts: params.experts }, x, gates, mask, { alpha: 1, useRslora: true });
    return mixLora({ ...params.mix, base: feedForward }, h, mask, { alpha: 2, activation: activations.gelu });
  };
  const masked = tf.tidy(() => applyMask(target, mask));
  const loss = () => tf.mean(tf.squaredDifference(run().output, masked)) as tf.Scalar;

  const values: Record<string, number[]> = { loss: [] };
  const results = tf.tidy(run);
  for (const [name, tensor] of Object.entries(results)) values[name] = [...(await tensor.data())];
  const list = variables(params as Params);
  const optimizer = tf.train.sgd(0.05);
  for (let step = 0; step < 5; step++) {
    const { value, grads } = tf.variableGrads(loss, [...list.values()]);
    values.loss!.push((await value.data())[0]!);
    if (step === 0) for (const [path, { name }] of list) values[path] = [...(await grads[name]!.data())];
    optimizer.applyGradients(grads);
    tf.dispose([value, grads]);
  }
  tf.dispose([mask, x, target, masked, gates, results, base, feedForward]);
  disposeParams(params as Params);
  optimizer.dispose();
  return values;
}

setWasmPaths('/wasm/');
Object.assign(globalThis, { runOn });
