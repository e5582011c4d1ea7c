import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@mmolre/backend';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stepCase } from '../step.bench';
import { smallModel } from './__fixtures__/small-model';
import type { Case, NodeSide } from './benchmark';
import { differences } from './differences';
import type { Length } from './drawn-lengths';
import { startSide } from './side';
import { openTensors, writeTensors } from './tensor-file';

let folder: string;
beforeAll(async () => {
  await useBackend({ log: () => {} });
  folder = mkdtempSync(join(tmpdir(), 'mmolre-bench-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const lengths: Length[] = [
  { seconds: 0.5, tokens: 7 },
  { seconds: 0.2, tokens: 12 },
  { seconds: 0.35, tokens: 5 },
];
const toLongest = { num_tokens: null, num_samples: null };

function started(one: Case) {
  const dataFile = join(folder, 'data.safetensors');
  tf.tidy(() => writeTensors(dataFile, one.data()));
  const file = openTensors(dataFile);
  const work = (one.ours as NodeSide)(file);
  file.close();
  return { work, dataFile };
}

test('steps make the loss without dropout less, and frames that are kept change nothing', () => {
  const losses = [false, true].map((cached) => {
    const { work } = started(stepCase('small', lengths, toLongest, { whole: smallModel, cached }));
    const loss = () => work.results().loss!.dataSync()[0]!;
    return [loss(), ...Array.from({ length: 3 }, () => work.run()), loss()];
  });
  expect(losses[1]).toEqual(losses[0]);
  expect(losses[0]!.at(-1)).toBeLessThan(losses[0]![0]!);
});

// The rest needs a Python with PyTorch and transformers.
const python = process.env.MMOLRE_PYTHON;
const equal = Array.from({ length: 2 }, () => ({ seconds: 0.4, tokens: 9 }));

test.runIf(python).each([
  ['nothing is padded', equal, toLongest],
  ['all are padded to the longest', lengths, toLongest],
  ['PyTorch pads the tokens further', lengths, { num_tokens: 20, num_samples: 8_000 }],
])('PyTorch computes the same where %s: loss, and gradients of each part', async (_, lengths, padding) => {
  const one = stepCase('small', lengths, padding, { whole: smallModel });
  const { work, dataFile } = started(one);
  const files = ['ours', 'theirs'].map((side) => join(folder, `${side}.safetensors`)) as [string, string];
  writeTensors(files[0], work.results());
  const theirs = await startSide('theirs', { benchmark: 'step', one, dataFile, python: () => python! });
  try {
    await theirs.results(files[1]);
    await theirs.run();
  } finally {
    await theirs.end();
  }
  const [a, b] = [openTensors(files[0]), openTensors(files[1])];
  expect(a.keys).toContain('audio.encoder');
  expect(a.keys).toHaveLength(11);
  expect(differences(a, b)).toEqual([]);
  a.close();
  b.close();
});
