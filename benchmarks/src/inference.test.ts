import { spawnSync } from 'node:child_process';
import { useBackend } from '@mmolre/backend';
import { beforeAll, expect, test } from 'vitest';
import { inferenceCases } from '../inference.bench';
import { bothSides, python, withWork } from './__fixtures__/both-sides';
import { smallModel } from './__fixtures__/small-model';
import type { NodeSide } from './benchmark';

beforeAll(async () => {
  await useBackend({ log: () => {} });
});

const B = 2;
const cases = inferenceCases(
  B,
  smallModel,
  Array.from({ length: B }, () => ({ seconds: 0.4, tokens: 9 })),
);

test('a call gives the first of the results', async () => {
  for (const { files: _, ...one } of Object.values(cases)) {
    await withWork(one, one.ours as NodeSide, async (work) => {
      const [result] = Object.values(await work.results());
      expect(await work.run()).toBe(result!.dataSync()[0]);
    });
  }
});

test.runIf(python)('PyTorch gives the same scores', async () => {
  const { keys, differences } = await bothSides(cases.model);
  expect(keys).toEqual(['sentiment', 'emotion']);
  expect(differences).toEqual([]);
});

const hasOnnx = python && spawnSync(python, ['-c', 'import onnx']).status === 0;

test.runIf(hasOnnx).each(['text', 'audio'] as const)(
  'ONNX Runtime gives the same hidden states of %s',
  async (part) => {
    const { keys, differences } = await bothSides(cases[part]);
    expect(keys).toEqual(['hidden']);
    expect(differences).toEqual([]);
  },
);
