import { batches } from '@mmolre/datasets';
import {
  type AdamWState,
  adamWStep,
  createRng,
  disposeAdamW,
  disposeParams,
  type FitEvent,
  type FitMoment,
  type FitPosition,
  type FitStep,
  fit,
  initAdamW,
  initLinear,
  type LinearParams,
  linearLayer,
  type Schedule,
  trainable,
  variables,
} from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { contrastiveLoss } from './contrastive-loss';
import { type SimcseData, viewsOf } from './simcse-data';
import { simcseDefaults } from './simcse-defaults';
import { type SimcseModel, type SimcseTextOptions, simcseModel } from './simcse-model';

// B batch, V views of a sentence, D dModel

export type SimcseOptions = SimcseTextOptions & {
  /** Decides the order, dropout and the head: the same one gives the same weights on the same backend. */
  seed: number;
  /** Passes over the data: 1. */
  epochs?: number | undefined;
  /** Ends sooner; the learning rate falls to 0 by then. */
  maxSteps?: number | undefined;
  /** Sentences, or triplets, a step: 64. */
  batchSize?: number | undefined;
  /** The largest: 3e-5. It rises over the first tenth of the steps, then falls by a half cosine. */
  learningRate?: number | undefined;
  /** 0.05 */
  temperature?: number | undefined;
  onStep?: ((event: SimcseStep) => void) | undefined;
  /** Hears after each step and each epoch, and where it is interrupted, what it could go on from; awaited. */
  onPosition?: ((state: SimcseState) => Promise<void>) | undefined;
  /** Goes on from there: gives the parameters their values, and the optimizer its state. */
  from?: { position: FitPosition; restore: (variables: SimcseState['variables']) => AdamWState } | undefined;
  /** Ends after the step in progress. */
  signal?: AbortSignal | undefined;
};

export type SimcseStep = FitEvent;

/** Where a training stands. */
export type SimcseState = {
  position: FitPosition;
  at: FitMoment;
  /** Everything that trains, by path: the model's parameters and, below `head`, those of the layer that is thrown away afterwards. */
  variables: ReadonlyMap<string, tf.Variable>;
  optimizer: AdamWState;
};

export type SimcseResult = { stopped: 'finished' | 'interrupted'; steps: number };

/** As the trainer that SimCSE used has it. */
const MAX_GRAD_NORM = 1;

/**
 * Trains a sentence encoder in place, so that a sentence is near its positive and far from the others of its batch. Unsupervised, the
 * positive is the sentence itself under another draw of dropout; supervised, it is the entailment, and contradictions are kept away too.
 *
 * Sentences of about one length share a batch: less padding, and length tells nothing about which is whose. With pooling `first`
 * the vector passes through a linear layer and tanh in training, which is thrown away afterwards, as in unsupervised SimCSE.
 *
 * @param model Its parameters are variables: `trainable(params)`.
 * @throws One line if nothing can be learnt: no variables, fewer than two sentences, no dropout without supervision, or a loss that is not finite.
 * @see Gao et al., 2021 (SimCSE).
 */
export async function trainSimcse(model: SimcseModel, data: SimcseData, options: SimcseOptions): Promise<SimcseResult> {
  const { seed, signal, onStep, onPosition, from } = options;
  const { epochs, batchSize, learningRate, temperature } = { ...simcseDefaults, ...defined(options) };
  const { tokens, prepare, embed } = simcseModel(model, options);
  const { dModel, dropout, attentionDropout } = model.config;
  if (variables(model.params).size === 0) throw new Error('trainSimcse: no variables; pass trainable(params)');
  if (batchSize < 2)
    throw new Error(
      `batchSize: expected at least 2, as the others of a batch are what is told apart, got ${batchSize}`,
    );
  if (data.kind === 'unsupervised' && dropout === 0 && attentionDropout === 0) {
    throw new Error(
      'hidden_dropout_prob in config.json is 0: without dropout a sentence and its positive are the same',
    );
  }
  const sentences = viewsOf(data).map((views) => views.map(tokens));
  const lengths = sentences.map((views) => Math.max(...views.map(({ length }) => length)));
  const order = (epoch: number) =>
    batches(sentences.length, { batchSize, seed, epoch: epoch - 1, lengths }).filter(({ length }) => length > 1);
  const perEpoch = order(1).length;
  if (perEpoch === 0) throw new Error(`expected at least 2 different sentences to train on, found ${sentences.length}`);
  const steps = Math.min(perEpoch * epochs, options.maxSteps ?? Number.POSITIVE_INFINITY);
  const schedule: Schedule = { kind: 'cosine', warmupSteps: Math.ceil(steps / 10), totalSteps: steps };

  const head = options.pooling === 'first' ? trainable(initLinear(dModel, dModel, createRng(seed))) : undefined;
  const trained = new Map([...variables(model.params), ...(head ? prefixed('head', head) : [])]);
  const optimizer = from ? from.restore(trained) : initAdamW(trained);
  try {
    const { stopped, position } = await fit({
      steps,
      order,
      load: (batches) => batches,
      step: trainBatch,
      learningRate,
      schedule,
      seed,
      onStep,
      onPosition: (position, at) => onPosition?.({ position, at, variables: trained, optimizer }),
      signal,
      from: from?.position,
    });
    return { stopped: stopped === 'interrupted' ? stopped : 'finished', steps: position.step };
  } finally {
    disposeAdamW(optimizer);
    if (head) disposeParams(head);
  }

  function trainBatch(batch: readonly number[], { learningRate, seed }: FitStep): number {
    const views = batch.map((i) => sentences[i]!);
    const numViews = views[0]!.length;
    const rows = Array.from({ length: numViews }, (_, view) => views.map((of) => of[view]!)).flat();
    const input = prepare(rows);
    const lossOf = () => {
      const pooled = embed(input, { training: true, seed });
      const vectors = head ? tf.tanh(linearLayer(head, pooled)) : pooled;
      const [anchors, positives, hardNegatives] = tf.split(vectors, numViews) as tf.Tensor2D[];
      return contrastiveLoss({ anchors: anchors!, positives: positives!, hardNegatives }, temperature);
    };
    const loss = adamWStep(optimizer, { weightDecay: 0, maxGradNorm: MAX_GRAD_NORM }, lossOf, learningRate);
    tf.dispose(input);
    return loss;
  }
}

const prefixed = (prefix: string, params: LinearParams) =>
  [...variables(params)].map(([path, variable]) => [`${prefix}.${path}`, variable] as const);

/** Without the fields that are undefined. */
function defined(options: SimcseOptions) {
  const { epochs, batchSize, learningRate, temperature } = options;
  const given = Object.entries({ epochs, batchSize, learningRate, temperature });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Partial<
    Record<keyof typeof simcseDefaults, number>
  >;
}
