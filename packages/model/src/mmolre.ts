import type { AudioEncoder, AudioInput, EncoderOutput, TextEncoder, TextInput } from '@mmolre/encoders';
import { type FusionParams, fusion, initFusion, type Sequence } from '@mmolre/fusion';
import { initUniTse, type TaskMoeOutput, type TaskMoeParams, uniTse } from '@mmolre/moe';
import {
  applyMask,
  initLinear,
  type LinearParams,
  linearLayer,
  type Mode,
  maskedMean,
  modeFor,
  type Params,
  type Rng,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { ModelConfig } from './config';
import { type HeadParams, head, initHead } from './head';

// B batch, T time, D dModel, C emotions, N shared experts

export const TASKS = ['sentiment', 'emotion'] as const;
export type Task = (typeof TASKS)[number];
export const MODALITIES = ['text', 'audio'] as const;
export type Modality = (typeof MODALITIES)[number];

/** The six emotions, in the order of every array. */
export const NUM_EMOTIONS = 6;

export type Heads = Record<Task, HeadParams>;

export type MmolreParams = {
  text: Params;
  audio: Params;
  /** The blocks of each modality's UniTSE */ unitse: Record<Modality, TaskMoeParams<Task>[]>;
  fusion: Record<Task, FusionParams>;
  heads: Heads;
  /** Heads on each modality alone, in training only */ auxiliary?: {
    text: { pooler: LinearParams } & Heads;
    audio: Heads;
  };
};

/** A padded batch, and per modality [B] whether the sample has it: 1, or 0 where it is missing or blanked. */
export type MmolreInput = { text: TextInput; audio: AudioInput; present: Record<Modality, tf.Tensor1D> };

/** Scores of one set of heads: sentiment [B] on -3 .. +3, emotion logits [B, C]. */
export type Scores = { sentiment: tf.Tensor1D; emotion: tf.Tensor2D };

export type MmolreOutput = Scores & {
  /** The same from each modality alone, if the model has these heads. */ auxiliary?: Record<Modality, Scores>;
  /** Of each UniTSE block, first to last. */ blocks: Record<Modality, Record<Task, TaskMoeOutput>[]>;
};

export type Encoders = { text: TextEncoder; audio: AudioEncoder };

/** Parameters of everything but the encoders, whose trees are taken as they are. */
export function initMmolre(config: ModelConfig, encoders: Encoders, rng: Rng): MmolreParams {
  const { dModel: D, unitse: moe } = config;
  const taskMoe = { ...moe, dModel: D, tasks: TASKS };
  const heads = (dIn: number): Heads => ({
    sentiment: initHead(dIn, D, config.heads.hidden, 1, rng),
    emotion: initHead(dIn, D, config.heads.hidden, NUM_EMOTIONS, rng),
  });
  const fusionConfig = { ...config.fusion, dModel: D };
  return {
    text: encoders.text.params,
    audio: encoders.audio.params,
    unitse: { text: initUniTse(taskMoe, moe.numBlocks, rng), audio: initUniTse(taskMoe, moe.numBlocks, rng) },
    fusion: { sentiment: initFusion(fusionConfig, rng), emotion: initFusion(fusionConfig, rng) },
    heads: heads(2 * D),
    ...(config.auxiliaryWeight > 0 && {
      auxiliary: { text: { pooler: initLinear(D, D, rng), ...heads(D) }, audio: heads(D) },
    }),
  };
}

/**
 * MMoLRE: encode each modality, separate the two tasks with a UniTSE per modality, fuse per task, score.
 *
 * @see MMoLRE, Figure 1 and section III
 */
export function mmolre(
  params: MmolreParams,
  encoders: Encoders,
  input: MmolreInput,
  config: ModelConfig,
  mode: Mode,
): MmolreOutput {
  const text = blank(encoders.text.encode(input.text, modeFor(mode, 0)), input.present.text);
  const audio = blank(encoders.audio.encode(input.audio, modeFor(mode, 1)), input.present.audio);

  const separated = {
    text: uniTse<Task>(params.unitse.text, text.hidden, text.mask, config.unitse),
    audio: uniTse<Task>(params.unitse.audio, audio.hidden, audio.mask, config.unitse),
  };

  const fuse = (task: Task, part: number) => {
    const side = (modality: Modality, { mask }: EncoderOutput): Sequence => ({
      hidden: separated[modality].outputs[task],
      mask,
    });
    const fused = fusion(
      params.fusion[task],
      side('text', text),
      side('audio', audio),
      config.fusion,
      modeFor(mode, 2, part),
    );
    return head(params.heads[task], fused, config.heads.dropout, modeFor(mode, 3, part));
  };

  return {
    sentiment: tf.squeeze(fuse('sentiment', 0), [1]) as tf.Tensor1D,
    emotion: fuse('emotion', 1),
    blocks: { text: separated.text.blocks, audio: separated.audio.blocks },
    ...(params.auxiliary && { auxiliary: auxiliaryScores(params.auxiliary, text, audio, config, modeFor(mode, 4)) }),
  };
}

/** Heads on what the encoders give: the first text position through a pooler, the mean of the real audio frames. */
function auxiliaryScores(
  params: NonNullable<MmolreParams['auxiliary']>,
  text: EncoderOutput,
  audio: EncoderOutput,
  config: ModelConfig,
  mode: Mode,
): Record<Modality, Scores> {
  const [B, , D] = text.hidden.shape;
  const first = tf.reshape(tf.slice(text.hidden, [0, 0, 0], [B, 1, D]), [B, D]) as tf.Tensor2D;
  const score = (heads: Heads, x: tf.Tensor2D, part: number): Scores => ({
    sentiment: tf.squeeze(head(heads.sentiment, x, config.heads.dropout, modeFor(mode, part, 0)), [1]) as tf.Tensor1D,
    emotion: head(heads.emotion, x, config.heads.dropout, modeFor(mode, part, 1)),
  });
  return {
    text: score(params.text, tf.tanh(linearLayer(params.text.pooler, first)), 0),
    audio: score(params.audio, maskedMean(audio.hidden, audio.mask), 1),
  };
}

/** A modality that a sample lacks has no real position. */
function blank({ hidden, mask }: EncoderOutput, present: tf.Tensor1D): EncoderOutput {
  const shown = tf.mul(mask, tf.expandDims(present, 1)) as tf.Tensor2D;
  return { hidden: applyMask(hidden, shown), mask: shown };
}
