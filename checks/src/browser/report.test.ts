import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { wavFile } from '@mmolre/audio';
import { compareReport, runPage, toHtml } from '@mmolre/report';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectUsable } from './axe';
import { findBrowser } from './open-page';

// A report as it is opened from its file.

const browser = findBrowser();
const epochs = [1, 2, 3].map((epoch) => ({
  ...{ epoch, step: 10 * epoch, trainLoss: 3 / epoch, validLoss: 2 / epoch, best: true },
  ...{ mae: 1 / epoch, corr: epoch / 10, recall: 0.5, accuracy: 0.8, weightedF1: 0.8 },
}));
const tone = Float32Array.from({ length: 8_000 }, (_, i) => 0.3 * Math.sin(i / 4));
const identity = [
  ['run', 'small-seed1', '../run.json'],
  ['data', 'a'.repeat(64)],
] as const;
const run = toHtml(
  'A run',
  runPage({
    identity,
    state: 'Trained.',
    history: {
      steps: Array.from({ length: 30 }, (_, i) => ({ step: i + 1, loss: 3 - i / 20, learningRate: 1e-3 })),
      epochs,
      routers: ['text', 'audio'].map((modality) => ({
        ...{ modality, block: 1, task: 'emotion' },
        shares: epochs.map(({ epoch }) => ({ epoch, experts: Array.from({ length: 15 }, (_, n) => n / 14) })),
      })),
    },
    results: [
      { warning: 'little data' },
      { table: { head: ['beside', 'corr'], rows: [['<script>x</script>', '0.5']] } },
    ],
    utterances: [
      {
        title: 'Emotion: what is most wrong',
        utterances: [
          {
            ...{
              id: '<script>document.title = "gone"</script>',
              text: 'אני אומר <img src=x onerror=alert(1)>',
              lines: ['sentiment'],
            },
            sound: { wav: Buffer.from(wavFile(tone, 8000)).toString('base64'), peaks: [0.2, 1, 0.4] },
          },
        ],
      },
    ],
  }),
);
const scores = { sentiment: undefined, emotion: undefined };
const comparison = toHtml(
  'Runs compared',
  compareReport({
    runs: ['one', 'two'].map((name, i) => ({
      ...{ name, seed: i, identity, state: 'Trained.', split: 'test', test: scores, epochs, bestEpoch: 3 },
    })),
    models: [0, 1].map((i) => ({ name: `model ${i}`, runs: [i], isComparable: true })),
    differences: [
      {
        ...{ metric: 'recall', model: 'model 1', difference: 0.1, interval: { low: 0, high: 0.2 } },
        ...{ pBootstrap: 0.01, pPermutation: 0.02, p: 0.02 },
      },
    ],
    ...{ rows: 100, areClipsKnown: true, draws: 1000 },
  }),
);

describe.skipIf(!browser)('a report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mmolre-page-'));
  let running: Browser;
  beforeAll(async () => {
    running = await chromium.launch({ executablePath: browser! });
  });
  afterAll(async () => {
    await running?.close();
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['of a run', run],
    ['of runs compared', comparison],
  ])(
    '%s, from a file, light, dark and 390 px wide: everybody can use it, nothing stands out of it, and it asks for nothing',
    async (name, html) => {
      const path = join(folder, `${name}.html`);
      writeFileSync(path, html);
      const page = await running.newPage();
      const [complaints, asked]: string[][] = [[], []];
      page.on('console', (message) => complaints!.push(message.text()));
      page.on('pageerror', ({ message }) => complaints!.push(message));
      page.on('request', (request) => asked!.push(request.url().slice(0, 20)));
      await page.goto(pathToFileURL(path).href);
      await expectUsable(page);
      expect(await page.title()).not.toBe('gone');
      expect(asked!.filter((url) => !/^(file|data):/.test(url))).toEqual([]);
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  test('plays what was said', async () => {
    const page = await running.newPage();
    await page.goto(pathToFileURL(join(folder, 'of a run.html')).href);
    const seconds = await page.locator('audio').evaluate((player: HTMLAudioElement) => {
      player.load();
      return new Promise((resolve) => player.addEventListener('loadedmetadata', () => resolve(player.duration)));
    });
    expect(seconds).toBeCloseTo(1, 2);
    await page.close();
  });
});
