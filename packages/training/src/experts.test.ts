import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@mmolre/backend';
import { findPlace } from '@mmolre/encoders/node';
import { createModel, type Example, modelCost, predict } from '@mmolre/model';
import { summariseUsage } from '@mmolre/moe';
import { countParams, createRng, disposeParams } from '@mmolre/nn';
import { expertsReport, toTerminal } from '@mmolre/report';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadModel } from './checkpoint';
import { pruneRun, usageOf } from './experts';
import { compact } from './presets';
import type { RunConfig } from './run-config';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-experts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(async () => {
  await useBackend({ log: () => {} });
});

const base = compact();
const config: RunConfig = { ...base, model: { ...base.model, unitse: { ...base.model.unitse, topK: 3 } } };
const rng = createRng(1);
const noise = () => Float32Array.from({ length: 8000 }, () => rng.uniform() - 0.5);
const known: Example[] = ['so good', 'bad, in every way'].map((text, i) => ({ id: `${i}`, text, audio: noise() }));
const silent: Example = { id: 'silent', text: '' };
const others: Example[] = Array.from({ length: 12 }, (_, i) => ({
  id: `other ${i}`,
  text: 'what a long and winding road it was to the end'
    .split(' ')
    .slice(i % 9)
    .join(' '),
  audio: Float32Array.from(noise(), (value, s) => value * Math.sin(s / (i + 1))),
}));

test('usage counts every sample in each block, modality and task, and leaves no tensor', async () => {
  const model = await createModel(config.model, 1, { find: findPlace });
  const before = tf.memory().numTensors;
  const found = usageOf(model, [...known, silent], 'none');
  expect(tf.memory().numTensors).toBe(before);
  const usage = { text: summariseUsage(found.text), audio: summariseUsage(found.audio) };
  for (const blocks of Object.values(usage)) {
    expect(blocks).toHaveLength(2);
    for (const task of blocks.flatMap((block) => [block.sentiment!, block.emotion!])) {
      expect(task).toMatchObject({ samples: 3, misses: 0 });
      expect(task.experts.reduce((sum, { selected }) => sum + selected, 0)).toBe(3 * config.model.unitse.topK);
      expect(task.meanEntropy).toBeLessThanOrEqual(Math.log(3) + 1e-6);
    }
  }
  const text = toTerminal(expertsReport({ run: 'runs/a', data: 'data/b', split: 'valid', samples: 3, usage }));
  expect(text).toContain('3 samples of the valid split of data/b');
  const rows = text.split('\n').filter((line) => /^(text|audio), block/.test(line));
  expect(rows).toHaveLength(8);
  // Shares of three samples are thirds; each row's sum to 300 percent.
  for (const row of rows) {
    const shares = row.split(/\s+/).slice(4, 4 + config.model.unitse.ranks.length);
    const sum = shares.reduce((total, share) => total + (share === '-' ? 0 : Number(share)), 0);
    expect(Math.abs(sum - 300), row).toBeLessThanOrEqual(3);
  }
  disposeParams(model.params);
});

test('a pruned run is smaller, scores its samples as before, and counts the misses of others', async () => {
  const model = await createModel(config.model, 1, { find: findPlace });
  const pruned = join(folder, 'pruned');
  const usage = usageOf(model, known, 'none');
  writeFileSync(join(folder, 'thresholds.json'), '[]');
  const done = await pruneRun({ run: folder, folder, model, config }, pruned, usage);
  expect(existsSync(join(pruned, 'thresholds.json'))).toBe(true);

  const loaded = await loadModel(pruned);
  expect(loaded.config.model.unitse.pruned).toEqual(done.experts);
  for (const block of [...done.experts.text, ...done.experts.audio]) expect(block.length).toBeGreaterThan(3);
  expect(done.parameters.after).toBe(countParams(loaded.model.params));
  expect(modelCost(loaded.config.model, { tokens: 5, seconds: 1 }).parameters).toBe(done.parameters.after);
  expect(done.parameters.before).toBe(countParams(model.params));
  const gone = [...done.experts.text, ...done.experts.audio].flat().length;
  expect(done.parameters.before - done.parameters.after).toBe(gone * (4 * 96 * 16 + 16));

  const scores = (of: typeof model) => predict(of, known, { batchSize: 2 }).predictions;
  const before = scores(model);
  scores(loaded.model).forEach(({ sentiment, emotions }, i) => {
    expect(sentiment).toBeCloseTo(before[i]!.sentiment!, 5);
    emotions!.forEach((value, c) => {
      expect(value).toBeCloseTo(before[i]!.emotions![c]!, 5);
    });
  });

  const misses = (examples: readonly Example[]) =>
    Object.values(usageOf(loaded.model, examples, 'none'))
      .flat()
      .flatMap((block) => Object.values(block).map((task) => task.misses))
      .reduce((sum, count) => sum + count, 0);
  expect(misses(known)).toBe(0);
  expect(misses(others)).toBeGreaterThan(0);

  await expect(pruneRun({ run: folder, folder, model, config }, pruned, usage)).rejects.toThrow(
    'expected a new folder',
  );
});
