import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIT_START, type FitOptions, type FitPosition, fit, mixSeed } from './index';

type Seen = { batch: string; learningRate: number; seed: number };

/** Epoch e has `perEpoch` batches: `e.0`, `e.1`, ... A step's loss is its number in the whole training. */
function training(perEpoch: number, more: Partial<FitOptions<string, string>> = {}) {
  const seen: Seen[] = [];
  const options: FitOptions<string, string> = {
    steps: 7,
    order: (epoch) => Array.from({ length: perEpoch }, (_, i) => `${epoch}.${i}`),
    load: (keys) => keys,
    step: (batch, { learningRate, seed }) => seen.push({ batch, learningRate, seed }),
    learningRate: 1,
    schedule: { kind: 'constant' },
    seed: 5,
    ...more,
  };
  return { options, seen };
}
const batchesOf = (seen: Seen[]) => seen.map(({ batch }) => batch).join(' ');

test('takes the batches of each epoch in order, the last epoch cut short, and tells what happened', async () => {
  const told: unknown[] = [];
  const { options, seen } = training(3, {
    learningRate: 0.5,
    schedule: { kind: 'cosine', warmupSteps: 2, totalSteps: 7 },
    onStep: (event, batch) => told.push({ ...event, batch }),
    onEpoch: async (end) => {
      told.push(end);
      return false;
    },
  });
  const result = await fit(options);
  expect(result).toEqual({ stopped: 'finished', position: { epoch: 4, batch: 0, step: 7, lossSum: 0 } });
  expect(batchesOf(seen)).toBe('1.0 1.1 1.2 2.0 2.1 2.2 3.0');
  expect(seen.map(({ seed }) => seed)).toEqual([0, 1, 2, 3, 4, 5, 6].map((step) => mixSeed(5, step)));
  expect(seen.slice(0, 3).map(({ learningRate }) => learningRate)).toEqual([0.25, 0.5, 0.5]); // warm-up, then the largest
  expect(told.filter((_, i) => [0, 3, 7, 8, 9].includes(i))).toEqual([
    { step: 1, steps: 7, epoch: 1, loss: 1, learningRate: 0.25, batch: '1.0' },
    { epoch: 1, step: 3, meanLoss: 2 },
    { epoch: 2, step: 6, meanLoss: 5 },
    { step: 7, steps: 7, epoch: 3, loss: 7, learningRate: seen[6]!.learningRate, batch: '3.0' },
    { epoch: 3, step: 7, meanLoss: 7 },
  ]);
});

test('ends when an epoch was enough', async () => {
  const { options, seen } = training(3, { onEpoch: async ({ epoch }) => epoch === 2 });
  expect(await fit(options)).toEqual({ stopped: 'enough', position: { epoch: 3, batch: 0, step: 6, lossSum: 0 } });
  expect(seen.length).toBe(6);
});

test('a signal from another task ends it after the step in progress', async () => {
  const stop = new AbortController();
  const { options, seen } = training(100, { steps: 1000, signal: stop.signal });
  const onStep = ({ step }: { step: number }) => {
    if (step === 4) setTimeout(() => stop.abort(), 0);
  };
  const { stopped, position } = await fit({ ...options, onStep });
  expect([stopped, position.epoch, position.batch]).toEqual(['interrupted', 1, 4]);
  expect(seen.length).toBe(4);
});

test('goes on from where it was interrupted as if it had not been, wherever that was', async () => {
  const { options, seen: straight } = training(3, { schedule: { kind: 'cosine', warmupSteps: 3, totalSteps: 7 } });
  const ends: unknown[] = [];
  const onEpoch = async (end: unknown) => {
    ends.push(end);
    return false;
  };
  await fit({ ...options, onEpoch });
  const losses = straight.map((_, i) => i + 1);

  await fc.assert(
    fc.asyncProperty(fc.nat(7), async (cut) => {
      const seen: Seen[] = [];
      const told: unknown[] = [];
      const stop = new AbortController();
      if (cut === 0) stop.abort();
      const resumable = {
        ...options,
        step: (batch: string, at: { learningRate: number; seed: number }) => losses[seen.push({ batch, ...at }) - 1]!,
        onEpoch: async (end: unknown) => {
          told.push(end);
          return false;
        },
      };
      const onStep = ({ step }: { step: number }) => step === cut && stop.abort();
      const { position } = await fit({ ...resumable, onStep, signal: stop.signal });
      await fit({ ...resumable, from: JSON.parse(JSON.stringify(position)) as FitPosition });
      expect(seen).toEqual(straight);
      expect(told).toEqual(ends);
    }),
    { seed: 1, numRuns: 8 },
  );
});

test('tells where it could go on: after steps, after epochs, and where it is interrupted before the end of one is told', async () => {
  const told: [string, number, number, number][] = [];
  const stop = new AbortController();
  const { options } = training(2, {
    signal: stop.signal,
    onPosition: async ({ epoch, batch, step }, at) => void told.push([at, epoch, batch, step]),
    onStep: ({ step }) => {
      if (step === 4) stop.abort();
    },
  });
  const { stopped, position } = await fit(options);
  expect(told).toEqual([
    ['step', 1, 1, 1],
    ['step', 1, 2, 2],
    ['epoch', 2, 0, 2],
    ['step', 2, 1, 3],
    ['step', 2, 2, 4],
    ['interrupted', 2, 2, 4],
  ]);
  expect([stopped, position]).toEqual(['interrupted', { epoch: 2, batch: 2, step: 4, lossSum: 7 }]);
});

test('an epoch that was stopped after its last step is ended, also where it was the last step of all', async () => {
  const { options, seen } = training(2, { steps: 2 });
  const ends: unknown[] = [];
  const onEpoch = async (end: unknown) => {
    ends.push(end);
    return false;
  };
  const result = await fit({ ...options, onEpoch, from: { epoch: 1, batch: 2, step: 2, lossSum: 3 } });
  expect([result.stopped, ends, seen]).toEqual(['finished', [{ epoch: 1, step: 2, meanLoss: 1.5 }], []]);
});

test('reads batches that are loaded ahead, and leaves them when it ends early', async () => {
  let open = 0;
  async function* load(keys: readonly string[]) {
    open += 1;
    try {
      for (const key of keys) yield key.toUpperCase();
    } finally {
      open -= 1;
    }
  }
  const stop = new AbortController();
  const { options } = training(3, { load, signal: stop.signal, onStep: () => stop.abort() });
  expect((await fit(options)).position).toEqual({ ...FIT_START, batch: 1, step: 1, lossSum: 1 });
  expect(open).toBe(0);
});

test('what a step throws ends it; no steps are no training; an epoch without a batch is an error', async () => {
  const failing = training(3, {
    step: () => {
      throw new Error('diverged');
    },
  });
  await expect(fit(failing.options)).rejects.toThrow('diverged');
  expect(await fit(training(0, { steps: 0 }).options)).toEqual({ stopped: 'finished', position: FIT_START });
  await expect(fit(training(0).options)).rejects.toThrow('fit order: expected at least one batch in epoch 1, got none');
});
