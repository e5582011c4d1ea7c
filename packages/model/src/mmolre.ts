import type { Encoder } from '@mmolre/encoders';
import { type FusionParams, fusion, initFusion } from '@mmolre/fusion';
import { initUniTse, type TaskMoeOutput, type TaskMoeParams, type UniTseOutput, uniTse } from '@mmolre/moe';
import { applyMask, type Mode, modeFor, type Params, type Rng, type Sequence } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { blockOptions } from './block-options';
import { type Modality, type ModelConfig, TASKS, type Task } from './config';
import {
  type AuxiliaryParams,
  addScores,
  auxiliaryScores,
  type Heads,
  initAuxiliary,
  initHeads,
  type Scores,
  scores,
} from './scores';

// B batch, T time, D dModel, C emotions, N shared experts

export type MmolreParams = {
  text: Params;
  audio: Params;
  /** The blocks of each modality's UniTSE, none without it */ unitse: Record<Modality, TaskMoeParams<Task>[]>;
  /** One for each task, or one that they share */ fusion: Partial<Record<Task | 'shared', FusionParams>>;
  heads: Heads;
  auxiliary?: AuxiliaryParams;
  /** Of the tasks' losses, [tasks], where they are weighted by it */ logVariances?: tf.Tensor1D;
};

/** What each encoder prepared of a batch, and per modality [B] whether the sample has it: 1, or 0 where it is missing or blanked. */
export type MmolreInput = {
  text: tf.TensorContainer;
  audio: tf.TensorContainer;
  present: Record<Modality, tf.Tensor1D>;
};

export type MmolreOutput = Scores & {
  /** The same from each modality alone, if the model has these heads. */ auxiliary?: Record<Modality, Scores>;
  /** Of each UniTSE block, first to last. */ blocks: Record<Modality, Record<Task, TaskMoeOutput>[]>;
};

/** Of texts, and of mono samples at 16 kHz in -1 .. 1. */
export type Encoders = { text: Encoder<string>; audio: Encoder<Float32Array> };

/** Parameters of everything but the encoders, whose trees are taken as they are. */
export function initMmolre(config: ModelConfig, encoders: { text: Params; audio: Params }, rng: Rng): MmolreParams {
  const { dModel, tasks } = config;
  const blocks = (modality: Modality) => {
    const options = blockOptions(config.unitse, modality).map((block) => ({ ...block, dModel, tasks }));
    return initUniTse(options, config.unitse.numBlocks, rng);
  };
  const fusions = config.fusion.perTask ? tasks : ['shared'];
  return {
    ...encoders,
    unitse: { text: blocks('text'), audio: blocks('audio') },
    fusion: Object.fromEntries(fusions.map((name) => [name, initFusion({ ...config.fusion, dModel }, rng)])),
    heads: initHeads(config, 2 * dModel, rng),
    ...(config.auxiliaryWeight > 0 && { auxiliary: initAuxiliary(config, rng) }),
    ...(config.taskWeighting === 'uncertainty' && { logVariances: tf.zeros<tf.Rank.R1>([tasks.length]) }),
  };
}

/**
 * MMoLRE: encode each modality, separate the tasks with a UniTSE per modality, fuse per task, score. Without UniTSE every task
 * reads what the encoders give; with one fusion for all, they share that too.
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
  const encoded = {
    text: blank(encoders.text.encode(input.text, modeFor(mode, 0)), input.present.text),
    audio: blank(encoders.audio.encode(input.audio, modeFor(mode, 1)), input.present.audio),
  };
  const separated = {
    text: separate('text', params.unitse.text, encoded.text, config, modeFor(mode, 5, 0)),
    audio: separate('audio', params.unitse.audio, encoded.audio, config, modeFor(mode, 5, 1)),
  };
  const fuse = (fusionParams: FusionParams, task: Task) => {
    const side = (modality: Modality) => ({ ...encoded[modality], hidden: separated[modality].outputs[task] });
    return fusion(fusionParams, side('text'), side('audio'), config.fusion, modeFor(mode, 2, TASKS.indexOf(task)));
  };
  const shared = params.fusion.shared && fuse(params.fusion.shared, config.tasks[0]!);
  const fused = scores(params.heads, (task) => shared ?? fuse(params.fusion[task]!, task), config, mode, 3);
  const auxiliary = params.auxiliary && auxiliaryScores(params.auxiliary, encoded, config, modeFor(mode, 4));
  return {
    ...(auxiliary && config.auxiliaryAdded ? addScores(fused, auxiliary, input.present) : fused),
    blocks: { text: separated.text.blocks, audio: separated.audio.blocks },
    ...(auxiliary && { auxiliary }),
  };
}

/** Each task's features of one modality, which without UniTSE are all the encoder's. */
function separate(
  modality: Modality,
  blocks: TaskMoeParams<Task>[],
  { hidden, mask }: Sequence,
  { tasks, unitse }: ModelConfig,
  mode: Mode,
): UniTseOutput<Task> {
  if (blocks.length > 0) return uniTse<Task>(blocks, hidden, mask, blockOptions(unitse, modality), mode);
  const outputs = Object.fromEntries(tasks.map((task) => [task, hidden])) as Record<Task, tf.Tensor3D>;
  return { outputs, blocks: [] };
}

/** A modality that a sample lacks has no real position. */
function blank({ hidden, mask }: Sequence, present: tf.Tensor1D): Sequence {
  const shown = tf.mul(mask, tf.expandDims(present, 1)) as tf.Tensor2D;
  return { hidden: applyMask(hidden, shown), mask: shown };
}
