import { NUM_EMOTIONS } from '@mmolre/datasets/sample';
import {
  initLinear,
  type LinearParams,
  linearLayer,
  type Mode,
  maskedMean,
  modeFor,
  type Rng,
  type Sequence,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { type ModelConfig, TASKS, type Task } from './config';
import { type HeadParams, head, initHead } from './head';

/** One head for each task of the model. */
export type Heads = Partial<Record<Task, HeadParams>>;

/** What a set of heads says, for each task that has one: sentiment [B] on -3 .. +3, emotion logits [B, C]. */
export type Scores = { sentiment?: tf.Tensor1D; emotion?: tf.Tensor2D };

/** Heads on each modality alone, in training only. */
export type AuxiliaryParams = { text: { pooler: LinearParams } & Heads; audio: Heads };

export function initHeads({ tasks, dModel, heads }: ModelConfig, dIn: number, rng: Rng): Heads {
  const outputs = { sentiment: 1, emotion: NUM_EMOTIONS };
  return Object.fromEntries(tasks.map((task) => [task, initHead(dIn, dModel, heads.hidden, outputs[task], rng)]));
}

/**
 * Each head's score of what its task has, [B, dIn].
 *
 * @param site Which set of heads it is, so that each draws its own dropout.
 */
export function scores(
  heads: Heads,
  x: (task: Task) => tf.Tensor2D,
  config: ModelConfig,
  mode: Mode,
  site: number,
): Scores {
  const found: Scores = {};
  TASKS.forEach((task, part) => {
    const params = heads[task];
    if (!params) return;
    const y = head(params, x(task), config.heads.dropout, modeFor(mode, site, part));
    if (task === 'sentiment') found.sentiment = tf.squeeze(y, [1]);
    else found.emotion = y;
  });
  return found;
}

export function initAuxiliary(config: ModelConfig, rng: Rng): AuxiliaryParams {
  const { dModel: D } = config;
  return { text: { pooler: initLinear(D, D, rng), ...initHeads(config, D, rng) }, audio: initHeads(config, D, rng) };
}

/** Heads on what the encoders give: the first text position through a pooler, the mean of the real audio frames. */
export function auxiliaryScores(
  params: AuxiliaryParams,
  encoded: { text: Sequence; audio: Sequence },
  config: ModelConfig,
  mode: Mode,
): { text: Scores; audio: Scores } {
  const { text, audio } = encoded;
  const [B, , D] = text.hidden.shape;
  const first = tf.reshape(tf.slice(text.hidden, [0, 0, 0], [B, 1, D]), [B, D]) as tf.Tensor2D;
  const pooled = tf.tanh(linearLayer(params.text.pooler, first)) as tf.Tensor2D;
  const mean = maskedMean(audio.hidden, audio.mask);
  return {
    text: scores(params.text, () => pooled, config, mode, 0),
    audio: scores(params.audio, () => mean, config, mode, 1),
  };
}
