import {
  adamWStep,
  createRng,
  evaluating,
  initAdamW,
  initTransformerLayer,
  leaves,
  type Mode,
  normal,
  type Params,
  type TransformerLayerParams,
  trainable,
  transformerLayer,
  variables,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Benchmark, Work } from './src/benchmark';
import type { TensorFile } from './src/tensor-file';

// The paper's setting: B clips of 6 s, base-size encoders.

const [B, T, D, H] = [8, 299, 768, 12];
const optimizing = { rate: 1e-5, decay: 0.01 };

/** Training steps of AdamW on `loss`, whose dropout is another in every step. */
function steps(params: Params, loss: (mode: Mode) => tf.Scalar): () => number {
  const optimizer = initAdamW(variables(params));
  const config = { weightDecay: optimizing.decay };
  let seed = 0;
  return () => {
    seed += 1;
    return adamWStep(optimizer, config, () => loss({ training: true, seed }), optimizing.rate);
  };
}

const layer = {
  data() {
    const rng = createRng(1);
    const params = [...leaves(initTransformerLayer(D, 4 * D, rng))];
    const weights = params.map(([path, leaf]) => [`params.${path}`, path.endsWith('bias') ? noise(leaf, 0.02) : leaf]);
    return { ...Object.fromEntries(weights), x: normal([B, T, D], 1, rng), weight: normal([B, T, D], 1, rng) };
  },
  /** The layer's input is shifted by a vector that is trained too, as the layer before it would be. */
  ours(file: TensorFile): Work {
    const [x, weight] = [file.get<tf.Tensor3D>('x'), file.get<tf.Tensor3D>('weight')];
    const start = { ...file.tree<TransformerLayerParams>('params'), shift: tf.zeros<tf.Rank.R1>([D]) };
    const params = trainable(start);
    const mask = tf.ones<tf.Rank.R2>([B, T]);
    const options = { numHeads: H, dropout: 0.1 };
    const output = (mode: Mode) => transformerLayer(params, tf.add(x, params.shift), mask, options, mode);
    const loss = (mode: Mode) => tf.sum(tf.mul(output(mode), weight)) as tf.Scalar;
    return {
      run: steps(params, loss),
      results: () => {
        const list = variables(params);
        const { grads } = tf.variableGrads(() => loss(evaluating), [...list.values()]);
        const named = [...list].filter(([path]) => path !== 'attention.key.bias'); // 0 but for rounding
        return { output: output(evaluating), ...Object.fromEntries(named.map(([p, { name }]) => [p, grads[name]!])) };
      },
    };
  },
  theirs: { python: 'encoders', settings: { ...optimizing, d_model: D, num_heads: H } },
};

const noise = (like: tf.Tensor, deviation: number) => normal(like.shape as [number], deviation, createRng(like.size));

export const encoders: Benchmark = {
  title: `Base-size encoders, batch ${B}, 6 s of audio, dropout on`,
  cases: [{ name: `one encoder layer / torch, training step, [${B}, ${T}, ${D}]`, ...layer }],
};
