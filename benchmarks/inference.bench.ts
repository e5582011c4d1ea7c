import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { normaliseClip } from '@mmolre/encoders';
import { type Example, type Modality, makeBatch, mmolre } from '@mmolre/model';
import { evaluating, packWeights } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Benchmark, Case, NodeSide } from './src/benchmark';
import { drawBatch, equalLengths, examplesOf } from './src/whole-batch';
import {
  audioEncoder,
  encodersOver,
  paper,
  pythonSizes,
  seededAudio,
  seededParams,
  seededText,
  textEncoder,
  type WholeModel,
} from './src/whole-model';

const MAX_SAMPLES = 96_000;

const wholeModel =
  (whole: WholeModel): NodeSide =>
  (file) => {
    const params = packWeights(seededParams(whole));
    const encoders = encodersOver(whole, params);
    const examples = examplesOf(file);
    const scores = () => {
      const { input } = makeBatch(encoders, examples);
      const { sentiment, emotion } = mmolre(params, encoders, input, whole.model, evaluating);
      return { sentiment: sentiment!, emotion: emotion! };
    };
    return { run: () => tf.tidy(() => firstNumber(scores().sentiment)), results: () => tf.tidy(scores) };
  };

const texts = (examples: readonly Example[]) => examples.map(({ text }) => text!);
const clips = (examples: readonly Example[]) => examples.map(({ audio }) => audio!);

/** One encoder, from texts as ids, or from clips. */
const encoder =
  (whole: WholeModel, part: Modality): NodeSide =>
  (file) => {
    const examples = examplesOf(file);
    const encode = {
      text() {
        const { prepare, encode } = textEncoder(whole, packWeights(seededText(whole)));
        return () => encode(prepare(texts(examples)), evaluating).hidden;
      },
      audio() {
        const { prepare, encode } = audioEncoder(whole, packWeights(seededAudio(whole)));
        return () => encode(prepare(clips(examples)), evaluating).hidden;
      },
    }[part]();
    return { run: () => tf.tidy(() => firstNumber(encode())), results: () => tf.tidy(() => ({ hidden: encode() })) };
  };

/** The same encoder by ONNX Runtime, which is told of no padding, as there is none. */
const onnx =
  (part: Modality): NodeSide =>
  async (file) => {
    const { env, InferenceSession, Tensor } = await import('onnxruntime-node');
    const examples = examplesOf(file);
    const session = await InferenceSession.create(join(file.folder, 'encoder.onnx'), {
      intraOpNumThreads: availableParallelism(),
    });
    const input = {
      text() {
        const ids = texts(examples).flatMap((text) => text.split(' ').map(BigInt));
        return new Tensor('int64', BigInt64Array.from(ids), [examples.length, ids.length / examples.length]);
      },
      audio() {
        const rows = clips(examples).map((clip) => normaliseClip(clip, MAX_SAMPLES, 0));
        const samples = new Float32Array(rows.length * rows[0]!.length);
        for (const [b, row] of rows.entries()) samples.set(row, b * row.length);
        return new Tensor('float32', samples, [rows.length, rows[0]!.length]);
      },
    }[part];
    const hidden = async () => (await session.run({ x: input() })).hidden!;
    return {
      runsOn: `ONNX Runtime ${env.versions.node}, ${availableParallelism()} threads`,
      run: async () => (await hidden()).data[0] as number,
      async results() {
        const { data, dims } = await hidden();
        return { hidden: tf.tensor(data as Float32Array, [...dims]) };
      },
    };
  };

const firstNumber = (x: tf.Tensor): number => tf.slice(tf.reshape(x, [-1]), 0, 1).dataSync()[0]!;

/** Cases of the whole model and of its encoders at one batch size, or of one like it. */
export function inferenceCases(
  B: number,
  whole: WholeModel = paper,
  lengths = equalLengths(B),
): Record<'model' | 'text' | 'audio', Case> {
  const data = () => drawBatch(lengths, { vocabSize: whole.text.vocab_size as number | undefined });
  const { text, audio, ...others } = pythonSizes(whole);
  const encoderCase = (name: string, part: Modality): Case => ({
    name: `${name} / ONNX Runtime, batch ${B}`,
    data,
    files: { python: 'export_encoder', settings: { part, config: { text, audio }[part] } },
    ours: encoder(whole, part),
    theirs: onnx(part),
  });
  return {
    model: {
      name: `whole model / torch, batch ${B}`,
      data,
      ours: wholeModel(whole),
      theirs: { python: 'inference', settings: { max_samples: MAX_SAMPLES, text, audio, ...others } },
    },
    text: encoderCase('RoBERTa', 'text'),
    audio: encoderCase('Data2Vec-audio', 'audio'),
  };
}

const sizes = [inferenceCases(1), inferenceCases(8)];

export const inference: Benchmark = {
  title: "The paper's model without training, 6 s of audio and 96 tokens each",
  cases: (['model', 'text', 'audio'] as const).flatMap((part) => sizes.map((cases) => cases[part])),
};
