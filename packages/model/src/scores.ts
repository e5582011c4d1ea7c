import { NUM_EMOTIONS } from '@mmolre/datasets/sample';
import { emotionLogits } from '@mmolre/losses';
import {
  initLinear,
  type LinearParams,
  linearLayer,
  type Mode,
  maskedMean,
  maskedStatistics,
  modeFor,
  type Rng,
  type Sequence,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { MODALITIES, type Modality, type ModelConfig, TASKS, type Task } from './config';
import { type HeadParams, head, initHead } from './head';

/** One head for each task of the model. */
export type Heads = Partial<Record<Task, HeadParams>>;

/** What a set of heads says, for each task that has one: sentiment [B] on -3 .. +3, emotion logits [B, C], or [B, C + 1] with one for none. */
export type Scores = { sentiment?: tf.Tensor1D; emotion?: tf.Tensor2D };

/** Heads on each modality alone. */
export type AuxiliaryParams = { text: { pooler?: LinearParams } & Heads; audio: Heads };

export function initHeads({ tasks, dModel, heads, emotionLoss }: ModelConfig, dIn: number, rng: Rng): Heads {
  const outputs = { sentiment: 1, emotion: emotionLogits(emotionLoss, NUM_EMOTIONS) };
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
  const { dModel: D, auxiliaryPooling } = config;
  if (auxiliaryPooling === 'statistics')
    return { text: initHeads(config, 2 * D, rng), audio: initHeads(config, 2 * D, rng) };
  return { text: { pooler: initLinear(D, D, rng), ...initHeads(config, D, rng) }, audio: initHeads(config, D, rng) };
}

/**
 * Heads on what the encoders give: the first text position through a pooler and the mean of the real audio frames, or mean and deviation of
 * either's real positions.
 */
export function auxiliaryScores(
  params: AuxiliaryParams,
  encoded: { text: Sequence; audio: Sequence },
  config: ModelConfig,
  mode: Mode,
): { text: Scores; audio: Scores } {
  const text = summaryOfText(encoded.text, params.text.pooler);
  const { hidden, mask } = encoded.audio;
  const audio = params.text.pooler ? maskedMean(hidden, mask) : maskedStatistics(hidden, mask);
  return {
    text: scores(params.text, () => text, config, mode, 0),
    audio: scores(params.audio, () => audio, config, mode, 1),
  };
}

function summaryOfText({ hidden, mask }: Sequence, pooler: LinearParams | undefined): tf.Tensor2D {
  if (!pooler) return maskedStatistics(hidden, mask);
  const [B, , D] = hidden.shape;
  const first = tf.reshape(tf.slice(hidden, [0, 0, 0], [B, 1, D]), [B, D]) as tf.Tensor2D;
  return tf.tanh(linearLayer(pooler, first)) as tf.Tensor2D;
}

/** Each task's scores plus those of the modalities that a sample shows. @param present [B] */
export function addScores(
  fused: Scores,
  alone: Record<Modality, Scores>,
  present: Record<Modality, tf.Tensor1D>,
): Scores {
  const sum = <T extends tf.Tensor>(read: (scores: Scores) => T | undefined): T | undefined => {
    const score = read(fused);
    if (!score) return undefined;
    const shown = MODALITIES.map((modality) =>
      tf.mul(read(alone[modality])!, tf.reshape(present[modality], [-1, ...score.shape.slice(1).map(() => 1)])),
    );
    return tf.addN([score, ...shown]) as T;
  };
  const [sentiment, emotion] = [sum(({ sentiment }) => sentiment), sum(({ emotion }) => emotion)];
  return { ...(sentiment && { sentiment }), ...(emotion && { emotion }) };
}
