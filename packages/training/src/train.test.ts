import { useBackend } from '@mmolre/backend';
import type { Example } from '@mmolre/model';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { trainFresh } from './__fixtures__/train-fresh';
import { compact, variants } from './presets';
import type { RunConfig } from './run-config';
import type { TrainOptions } from './train';

beforeAll(async () => {
  await useBackend({ log: () => {} });
});

const examples: Example[] = Array.from({ length: 10 }, (_, i) => ({ id: `${i}`, text: 'so good', sentiment: i % 3 }));

/** Three batches an epoch of a model of texts alone. */
function config(change: Partial<RunConfig['training']>): RunConfig {
  const { model, training, ...rest } = variants['post-fusion'](compact());
  return {
    ...rest,
    model: {
      ...model,
      text: { kind: 'compact', numLayers: 1, numHeads: 2, width: 16, dropout: 0, maxTokens: 8, trainTable: false },
      fusion: { ...model.fusion, numLayers: 1, width: 16 },
      heads: { hidden: 16, dropout: 0 },
      auxiliaryWeight: 0,
    },
    training: { ...training, schedule: 'constant', batchSize: 4, maxEpochs: 5, averageDecay: 0, ...change },
  };
}

/** Trains, and gives the result, the events and the epochs whose models were handed out; aborts after a step, if asked. */
async function run(change: Partial<RunConfig['training']>, abortAfter = Number.POSITIVE_INFINITY) {
  const stop = new AbortController();
  const events: Parameters<TrainOptions['onEvent']>[0][] = [];
  const best: number[] = [];
  const result = await trainFresh(config(change), {
    train: examples,
    valid: examples.slice(0, 4),
    onEvent: (event) => {
      events.push(event);
      if (event.event === 'step' && event.step === abortAfter) stop.abort();
    },
    onCheckpoint: async ({ isBest, state }) => void (isBest && best.push(state.position.epoch - 1)),
    signal: stop.signal,
  });
  return { result, events, best };
}

test('ends by patience when no epoch is better, at a learning rate of 0 after the first', async () => {
  const { result, events, best } = await run({ learningRate: 0, patience: 2 });
  expect(result).toEqual({ stopped: 'patience', bestEpoch: 1, steps: 9 });
  expect(best).toEqual([1]);
  const epochs = events.filter((event) => event.event === 'epoch');
  expect(epochs.map(({ epoch, step, best }) => [epoch, step, best])).toEqual([
    [1, 3, true],
    [2, 6, false],
    [3, 9, false],
  ]);
  const losses = events.flatMap((event) => (event.event === 'step' && event.epoch === 2 ? [event.loss] : []));
  expect(epochs[1]!.trainLoss).toBe((losses[0]! + losses[1]! + losses[2]!) / 3);
});

test('interrupted in its first epoch there is no best model yet, later there is; nothing is left in memory', async () => {
  await run({ maxSteps: 1 });
  const before = tf.memory().numTensors;
  const early = await run({}, 2);
  expect([early.result, early.best]).toEqual([{ stopped: 'interrupted', bestEpoch: 0, steps: 2 }, []]);
  const late = await run({ learningRate: 0 }, 4);
  expect([late.result, late.best]).toEqual([{ stopped: 'interrupted', bestEpoch: 1, steps: 4 }, [1]]);
  expect(tf.memory().numTensors).toBe(before);
});

test('maxSteps cuts the last epoch short, which is validated all the same', async () => {
  const { result, events } = await run({ maxSteps: 4 });
  expect([result.stopped, result.steps]).toEqual(['finished', 4]);
  expect(events.map((event) => `${event.event} ${event.event === 'not-finite' ? '' : event.epoch}`)).toEqual([
    'step 1',
    'step 1',
    'step 1',
    'epoch 1',
    'step 2',
    'epoch 2',
  ]);
});

test('the best epoch is the best by the metric that is asked for; one that never has a value is told', async () => {
  const { events, result } = await run({ selectBy: 'sentiment.mae', maxEpochs: 4 });
  const maes = events.flatMap((event) => (event.event === 'epoch' ? [event.valid.sentiment!.mae!] : []));
  expect(result.bestEpoch).toBe(1 + maes.indexOf(Math.min(...maes)));
  // No example has emotions.
  await expect(run({ selectBy: 'emotion.categoryRecall.mean', maxEpochs: 2 })).rejects.toThrow(
    'training.selectBy: emotion.categoryRecall.mean had no value in any epoch; expected one that has',
  );
});

test('a training that diverges hands out nothing after it, and tells the batch', async () => {
  const { events, result, best } = await run({ learningRate: 1e30, maxGradNorm: null });
  expect(result).toMatchObject({ stopped: 'not-finite', bestEpoch: best.length });
  expect(result.reason).toContain('not a finite number');
  const told = events.at(-1)!;
  expect(told).toMatchObject({ event: 'not-finite', step: result.steps, reason: result.reason });
  expect('ids' in told && told.ids.every((id) => examples.some((example) => example.id === id))).toBe(true);
});
