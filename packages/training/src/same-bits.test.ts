import { nativeStatus, useBackend } from '@mmolre/backend';
import { sha256Of } from '@mmolre/files';
import type { Example } from '@mmolre/model';
import { createRng, leaves } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { trainFresh } from './__fixtures__/train-fresh';
import { compact } from './presets';
import type { RunConfig } from './run-config';

// One training again and again on the native backend, whose operations run on as many threads as there are cores: large enough that they do.

const [TIMES, STEPS, SAMPLES] = [5, 3, 32];
/** Operations of ours work on one part for so many numbers: `NUMBERS_PER_PART` of packages/backend/native/fused_kernels.cc. */
const PART = 1 << 15;
/** From so many entries on masks are drawn by an operation. */
const DRAWN = 1 << 16;

/** Dropout everywhere, clips blanked and warped, an average of the weights: all that a run draws and adds up. */
const config = (seed: number): RunConfig => {
  const { model, training, ...rest } = compact();
  return {
    ...rest,
    seed,
    model: { ...model, unitse: { ...model.unitse, numBlocks: 1 } },
    training: { ...training, batchSize: SAMPLES, maxSteps: STEPS, maxEpochs: STEPS, averageDecay: 0.9 },
  };
};

/** Texts of 2 to 21 words, clips of 2 to 5 s: every batch is padded. */
function drawExamples(): Example[] {
  const rng = createRng(1);
  return Array.from({ length: SAMPLES }, (_, i) => ({
    id: `${i}`,
    text: 'so good, not bad '.repeat(1 + (i % 5)),
    audio: Float32Array.from({ length: 16_000 * (2 + (i % 4)) }, () => 0.1 * rng.normal()),
    sentiment: (i % 7) - 3,
    emotions: Array.from({ length: 6 }, (_, c) => Number(c === i % 6)),
  }));
}

/** SHA-256 of the bytes of each weight, moment and average that the last checkpoint has, by its path. */
async function trainedBits(examples: readonly Example[], seed = 1): Promise<Record<string, string>> {
  const bits: Record<string, string> = {};
  const note = (name: string, tensor: tf.Tensor) => {
    const { buffer, byteOffset, byteLength } = tensor.dataSync();
    bits[name] = sha256Of([new Uint8Array(buffer, byteOffset, byteLength)]);
  };
  await trainFresh(config(seed), {
    train: examples,
    valid: examples.slice(0, 4),
    onCheckpoint: async ({ model, tensors }) => {
      for (const [path, leaf] of leaves(model.params)) note(path, leaf);
      for (const [name, tensor] of tensors) note(`training: ${name}`, tensor);
    },
  });
  return bits;
}

type NativeBackend = {
  executeMultipleOutputs(name: string, attributes: object[], inputs: tf.Tensor[], outputs: number): tf.Tensor[];
};

/** Does it, and notes how many numbers each operation of ours gave at most, or wrote into its first input. */
async function largestOutputs<R>(run: () => Promise<R>): Promise<{ result: R; largest: Map<string, number> }> {
  const backend = tf.backend() as unknown as NativeBackend;
  const execute = backend.executeMultipleOutputs;
  const largest = new Map<string, number>();
  backend.executeMultipleOutputs = (name, ...rest) => {
    const outputs = execute.call(backend, name, ...rest);
    const [, inputs] = rest;
    const { shape } = outputs[0] ?? inputs[0]!;
    if (name.startsWith('Mmolre')) largest.set(name, Math.max(largest.get(name) ?? 0, tf.util.sizeFromShape(shape)));
    return outputs;
  };
  try {
    return { result: await run(), largest };
  } finally {
    backend.executeMultipleOutputs = execute;
  }
}

const status = nativeStatus();
if (!status.ok) console.warn(`equal bits on several threads left out: ${status.reason}`);

describe.skipIf(!status.ok)('a training on several threads', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'native', log: () => {} });
  });

  test(`done ${TIMES} times gives the same bits, by operations of ours in several parts and without padding`, async () => {
    const examples = drawExamples();
    const { result: first, largest } = await largestOutputs(() => trainedBits(examples));
    expect(Object.keys(first).length).toBeGreaterThan(100);
    const inParts = [
      'AddNorm',
      'AddNormGradient',
      'Gelu',
      'GeluGradient',
      'Linear',
      'ProductTransposed',
      'TakeRows',
      'Attention',
      'AttentionGradient',
    ];
    for (const name of [...inParts, 'ExpertUnits', 'ExpertSums', 'ExpertUnitsGradient', 'AdamW'])
      expect(largest.get(`Mmolre${name}`), name).toBeGreaterThanOrEqual(2 * PART);
    expect(largest.get('MmolreDrawKept')).toBeGreaterThanOrEqual(DRAWN);
    for (let time = 1; time < TIMES; time++) expect(await trainedBits(examples)).toEqual(first);
    expect(await trainedBits(examples, 2)).not.toEqual(first);
  });
});
