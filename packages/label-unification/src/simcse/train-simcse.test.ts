import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import { initBert, type Pooling } from '@mmolre/encoders';
import { loadText } from '@mmolre/encoders/node';
import { createRng, disposeParams, leaves, trainable } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import fixture from './__fixtures__/simcse.json' with { type: 'json' };
import { measureSpace } from './measure-space';
import type { SimcseData } from './simcse-data';
import { type SimcseOptions, trainSimcse } from './train-simcse';

const folder = fileURLToPath(new URL('../../../encoders/src/__fixtures__/bert-small', import.meta.url));

const WORDS = ['the movie', 'my friend', 'this food', 'a dog', 'the night'];
const ENDS = ['is good', 'was not so bad', 'makes me sad', 'is what we want', 'went away'];
const texts = WORDS.flatMap((word) => ENDS.map((end) => `${word} ${end}`));
const sentences: SimcseData = { kind: 'unsupervised', texts };

/** The small BERT with fresh weights and dropout, ready to train. */
async function freshModel(dropout = 0.1) {
  const { config: stored, tokenizer, params } = await loadText(folder);
  disposeParams(params);
  const config = { ...stored, dropout, attentionDropout: dropout, initializerRange: 0.2 };
  return { config, tokenizer, params: trainable(initBert(config, createRng(3))) };
}

/** Trains such a model, and gives its losses and weights. */
async function trained(data: SimcseData, options: Omit<SimcseOptions, 'onStep'>) {
  const model = await freshModel();
  const losses: number[] = [];
  const counts: number[] = [];
  const result = await trainSimcse(model, data, {
    ...options,
    onStep: ({ loss }) => {
      losses.push(loss);
      counts.push(tf.memory().numTensors);
    },
  });
  const weights = [...leaves(model.params)].map(([path, leaf]) => [path, [...leaf.dataSync()]]);
  disposeParams(model.params);
  return { ...result, losses, counts, weights };
}

describeEachBackend('training SimCSE', () => {
  test.each(fixture.trainings)('supervised, $pooling: the losses of transformers and PyTorch', async (sample) => {
    const model = await loadText(folder);
    model.params = trainable(model.params);
    const triplets = sample.triplets.map(([premise, entailment, contradiction]) => ({
      premise: premise!,
      entailment: entailment!,
      contradiction: contradiction!,
    }));
    const losses: number[] = [];
    await trainSimcse(
      model,
      { kind: 'supervised', triplets },
      {
        pooling: sample.pooling as Pooling,
        seed: 1,
        epochs: sample.losses.length,
        learningRate: sample.learningRate,
        temperature: sample.temperature,
        onStep: ({ loss }) => losses.push(loss),
      },
    );
    disposeParams(model.params);
    expect(losses).toHaveLength(sample.losses.length);
    losses.forEach((loss, step) => {
      expect(Math.abs(loss / sample.losses[step]! - 1), `step ${step}`).toBeLessThan(1e-3);
    });
  });

  test('without supervision: the space becomes more even, pairs stay near', async () => {
    const model = await freshModel();
    const options = { pooling: 'mean', seed: 1 } as const;
    const before = measureSpace(model, sentences, options);
    const losses: number[] = [];
    const { stopped, steps } = await trainSimcse(model, sentences, {
      ...options,
      epochs: 20,
      batchSize: 13,
      learningRate: 3e-3,
      onStep: ({ loss }) => losses.push(loss),
    });
    const after = measureSpace(model, sentences, options);
    disposeParams(model.params);
    expect([stopped, steps]).toEqual(['finished', 40]);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value) / values.length;
    expect(mean(losses.slice(-4))).toBeLessThan(0.7 * mean(losses.slice(0, 4)));
    expect(after.uniformity).toBeLessThan(before.uniformity - 0.2);
    expect(after.alignment).toBeLessThan(1);
    expect(after.count).toBe(25);
  });

  test('the same seed gives the same weights, another one others; no tensor is left behind', async () => {
    const before = tf.memory().numTensors;
    const options = { pooling: 'first', batchSize: 8, learningRate: 1e-3, maxSteps: 5, epochs: 9 } as const;
    const one = await trained(sentences, { ...options, seed: 1 });
    const again = await trained(sentences, { ...options, seed: 1 });
    const other = await trained(sentences, { ...options, seed: 2 });
    expect(again.losses).toEqual(one.losses);
    expect(again.weights).toEqual(one.weights);
    expect(other.losses[0]).not.toBe(one.losses[0]);
    expect(one.steps).toBe(5);
    expect(new Set(one.counts.slice(1)).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('training SimCSE', () => {
  const options = { pooling: 'mean', seed: 1, batchSize: 8 } as const;

  test('ends after the step in progress when it is told to', async () => {
    const model = await freshModel();
    const stop = new AbortController();
    const result = await trainSimcse(model, sentences, {
      ...options,
      signal: stop.signal,
      onStep: ({ step }) => step === 2 && stop.abort(),
    });
    expect(result).toEqual({ stopped: 'interrupted', steps: 2 });
    disposeParams(model.params);
  });

  test('says what keeps it from learning', async () => {
    const still = await freshModel(0);
    await expect(trainSimcse(still, sentences, options)).rejects.toThrow('hidden_dropout_prob');
    const model = await freshModel();
    const one: SimcseData = { kind: 'unsupervised', texts: ['alone'] };
    await expect(trainSimcse(model, one, options)).rejects.toThrow('at least 2 different sentences');
    await expect(trainSimcse(model, sentences, { ...options, batchSize: 1 })).rejects.toThrow(
      'batchSize: expected at least 2',
    );
    const loaded = await loadText(folder);
    await expect(trainSimcse(loaded, sentences, options)).rejects.toThrow('trainable(params)');
    await expect(trainSimcse(model, sentences, { ...options, maxTokens: 1_000 })).rejects.toThrow('maxTokens');
    for (const { params } of [still, model, loaded]) disposeParams(params);
  });
});
