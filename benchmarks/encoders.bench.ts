import {
  type AudioInput,
  createData2VecAudio,
  type Encoder,
  initBert,
  initData2VecAudio,
  readBertConfig,
  readData2VecAudioConfig,
  roberta,
  type TextInput,
} from '@mmolre/encoders';
import { initMmolre, type Labels, mmolre, paperModel, trainingLoss } from '@mmolre/model';
import {
  adamWStep,
  countParams,
  createRng,
  evaluating,
  freeze,
  initAdamW,
  initTransformerLayer,
  leaves,
  type Mode,
  mapLeaves,
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

// The paper's setting: B clips of 6 s, 96 tokens each, base-size encoders.

const [B, T, D, H, TOKENS, SAMPLES] = [8, 299, 768, 12, 96, 96_000];
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
  theirs: { python: 'encoders', settings: { part: 'layer', ...optimizing, d_model: D, num_heads: H } },
};

const robertaBase = {
  vocab_size: 50_265,
  max_position_embeddings: 514,
  type_vocab_size: 1,
  layer_norm_eps: 1e-5,
  pad_token_id: 1,
};
const whole = {
  data() {
    const rng = createRng(1);
    const ids = tf.tensor2d(
      Array.from({ length: B * TOKENS }, () => 10 + Math.floor(rng.uniform() * 50_000)),
      [B, TOKENS],
    );
    return { ids, clips: normal([B, SAMPLES], 0.1, rng) };
  },
  /** One step of the trainer: both encoders, the frozen convolutions each time anew, UniTSE, fusion, heads, losses, AdamW. */
  ours(file: TensorFile): Work {
    const model = paperModel(128, 8);
    const rng = createRng(1);
    const textConfig = readBertConfig({ ...robertaBase, model_type: 'roberta' }, 'roberta-base');
    const audioConfig = readData2VecAudioConfig({ model_type: 'data2vec-audio', layerdrop: 0 });
    const start = { text: initBert(textConfig, rng), audio: initData2VecAudio(audioConfig, rng) };
    const params = trainable(onDevice(initMmolre(model, start, rng)));
    freeze((params.audio as typeof start.audio).feature_extractor);
    const audio = createData2VecAudio(audioConfig, params.audio as typeof start.audio);
    const text: Pick<Encoder<string, TextInput>, 'dModel' | 'params' | 'encode'> = {
      dModel: D,
      params: params.text,
      encode: (input, mode) => roberta(params.text as typeof start.text, input, textConfig, mode),
    };
    const encoders = { text: text as Encoder<string>, audio: audio as Encoder<Float32Array> };

    const clips = file
      .get<tf.Tensor2D>('clips')
      .arraySync()
      .map((clip) => Float32Array.from(clip));
    const tokens = { ids: tf.cast(file.get<tf.Tensor2D>('ids'), 'int32'), mask: tf.ones<tf.Rank.R2>([B, TOKENS]) };
    const all = () => tf.ones<tf.Rank.R1>([B]);
    const present = { text: all(), audio: all() };
    const labels: Labels = {
      sentiment: tf.linspace(-3, 3, B),
      sentimentPresent: all(),
      emotion: tf.tensor2d(
        Array.from({ length: B }, (_, b) => Array.from({ length: 6 }, (_, c) => Number(b % 6 === c))),
      ),
      emotionPresent: all(),
    };
    let frames: AudioInput;
    const step = steps(params, (mode) => {
      const output = mmolre(params, encoders, { text: tokens, audio: frames, present }, model, mode);
      return trainingLoss(output, labels, present, model);
    });
    return {
      run() {
        frames = audio.prepare(clips);
        const loss = step();
        tf.dispose(frames);
        return loss;
      },
      // The weights are random on each side; what must agree is how many there are of each part, and that the loss is one.
      results() {
        const parts = { text: params.text, audio: params.audio, unitse: params.unitse, fusion: params.fusion };
        const counts = Object.entries({ ...parts, heads: params.heads }).map(([name, part]) => [
          name,
          tf.tensor1d([countParams(part as Params)]),
        ]);
        return Object.fromEntries(counts);
      },
    };
  },
  theirs: { python: 'encoders', settings: { part: 'whole', ...optimizing, roberta: robertaBase, top_k: 8 } },
};

/** The same tree with TensorFlow's memory only, no JavaScript array behind it. */
function onDevice<P extends Params>(params: P): P {
  return mapLeaves(params, (leaf) => {
    const copy = tf.mul(leaf, 1);
    leaf.dispose();
    return copy;
  }) as P;
}

const noise = (like: tf.Tensor, deviation: number) => normal(like.shape as [number], deviation, createRng(like.size));

export const encoders: Benchmark = {
  title: `Base-size encoders, batch ${B}, 6 s of audio, ${TOKENS} tokens, dropout on`,
  cases: [
    { name: `one encoder layer / torch, training step, [${B}, ${T}, ${D}]`, ...layer },
    { name: 'whole step / torch', fresh: true, ...whole },
  ],
};
