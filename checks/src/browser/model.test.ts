import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@mmolre/backend';
import { findPlace } from '@mmolre/encoders/node';
import { createModel, type Model, makeBatch, mmolre, type Prediction, predict, trainingLoss } from '@mmolre/model';
import { compact, loadModel, saveModel } from '@mmolre/training';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examples } from './model-examples';
import { findBrowser, type OpenPage, openPage } from './open-page';

// The whole compact model, from a run's folder that a web server has, in a real browser, against Node with the folder itself.

const browser = findBrowser();

describe.skipIf(!browser)('@mmolre/model in a browser', () => {
  const run = mkdtempSync(join(tmpdir(), 'mmolre-run-'));
  let expected: Prediction[];
  let page: OpenPage;

  beforeAll(async () => {
    await useBackend({ install: true, log: () => {} });
    const config = compact();
    const model = await createModel(config.model, 7, { find: findPlace });
    learn(model);
    await saveModel(run, model, config);
    expected = predict((await loadModel(run)).model, examples()).predictions;
    page = await openPage(browser!, 'model-page.ts', { run });
  });
  afterAll(async () => {
    await page?.close();
    rmSync(run, { recursive: true });
  });

  test('in Node each utterance has scores of its own', () => {
    const values = expected.map(valuesOf);
    for (const [i, one] of values.entries())
      for (const other of values.slice(i + 1)) expect(distance(one, other)).toBeGreaterThan(0.1);
  });

  test.each(['cpu', 'wasm', 'webgl'])('on %s every score is within 1e-4 of the one in Node', async (backend) => {
    const found = await page.call<Prediction[]>('scoresOn', backend);
    expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    for (const [i, prediction] of found.entries())
      expect(distance(valuesOf(prediction), valuesOf(expected[i]!)), prediction.id).toBeLessThan(1e-4);
  });
});

/** A few steps, so that scores are apart. */
function learn(model: Model): void {
  const optimizer = tf.train.adam(2e-3);
  for (let step = 0; step < 15; step++) {
    tf.tidy(() => {
      const { input, labels } = makeBatch(model.encoders, examples());
      const loss = () => {
        const output = mmolre(model.params, model.encoders, input, model.config, { training: true, seed: step });
        return trainingLoss(output, labels, input.present, model.config);
      };
      optimizer.minimize(loss);
    });
  }
}

const valuesOf = ({ sentiment, emotions }: Prediction) => [sentiment!, ...emotions!];

/** The largest difference between two lists of the same length; not a number where one of them is not. */
function distance(found: number[], expected: number[]): number {
  expect(found.length).toBe(expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
}
