import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend, whyNoBf16 } from '@mmolre/backend';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runApp } from './__fixtures__/run-app';
import { logOf, resultOf, startTrainer, tinyArguments, writeTiny } from './__fixtures__/tiny-run';

// Runs in bfloat16 by the built program, wide enough for it to be used, without what is drawn: the loss is that of the batch.

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-precision-')));
  writeTiny(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (name: string) => join(folder, 'runs', `${name}-seed1`);
const set = (...fields: string[]) => fields.flatMap((field) => ['--set', field]);
const bf16 = set('training.precision=bf16');
const wide = set(
  'model.fusion.width=1024',
  'model.fusion.numLayers=2', // of the last one little is computed
  'model.fusion.dropout=0',
  'model.text.dropout=0',
  'training.batchSize=16',
  'training.microBatch=null',
  'training.maxEpochs=12',
  'training.modalityDropout=0',
);
const train = (name: string, more: string[], env: NodeJS.ProcessEnv = {}) =>
  startTrainer(folder, [...tinyArguments(name), ...more], env).ended;
const losses = (name: string) => (logOf(run(name)) as { loss?: number }[]).flatMap(({ loss }) => loss ?? []);

const reason = whyNoBf16(await useBackend({ log: () => {} }));
if (reason) console.warn(`bfloat16 left out: ${reason}`);

describe.skipIf(reason)('a run in bf16', () => {
  beforeAll(async () => {
    const { code, stderr } = await train('half', [...wide, ...bf16]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('  precision: "bf16" (paper: "float32")');
  });

  test('learns, by other numbers than in float32', async () => {
    const steps = losses('half');
    expect(steps.at(-1)).toBeLessThan(0.9 * steps[0]!);
    expect((await train('full', [...wide, ...set('training.maxSteps=2')])).code).toBe(0);
    const [first, second] = losses('full') as [number, number];
    expect(steps[0]).not.toBe(first);
    expect(Math.abs(steps[0]! - first) / first).toBeLessThan(1e-2);
    expect(Math.abs(steps[1]! - second) / second).toBeLessThan(2e-2);
  });

  test('that is stopped and goes on ends with the same bits', async () => {
    const stop = { MMOLRE_FAULT: 'a line of the log is written:5:SIGINT' };
    expect((await train('stopped', [...wide, ...bf16], stop)).code).toBe(130);
    expect((await train('stopped', [...wide, ...bf16])).code).toBe(0);
    expect(resultOf(run('stopped'))).toEqual(resultOf(run('half')));
  });

  test('is refused in float32, and the other way round, also where the other is of before there was a choice', async () => {
    const back = await train('half', wide);
    expect([back.code, back.lastLine]).toEqual([
      1,
      expect.stringContaining('half-seed1: a run of something else: training.precision: "bf16" there, "float32" here'),
    ]);
    expect((await train('plain', set('training.maxSteps=1'))).code).toBe(0);
    const { identity } = JSON.parse(readFileSync(join(run('plain'), 'run.json'), 'utf8'));
    expect(identity.config.training).not.toHaveProperty('precision');
    const { lastLine } = await train('plain', [...set('training.maxSteps=1'), ...bf16]);
    expect(lastLine).toContain('training.precision: "float32" there, "bf16" here');
  });

  test('is evaluated in float32, on any backend, and its report says both', async () => {
    const card = readFileSync(join(run('half'), 'report/model-card.md'), 'utf8');
    expect(card).toContain('bf16 in training, float32 in evaluation');
    const { status, stderr } = runApp('eval', folder, [
      '--run',
      'runs/half-seed1',
      '--data',
      'data',
      '--backend',
      'wasm',
      '--out',
      'report',
    ]);
    expect(status, stderr).toBe(0);
  });
});

test.each([
  ['wasm', 'the backend is wasm, and native alone computes in bfloat16'],
  ['cpu', 'the backend is cpu, and native alone computes in bfloat16'],
])('bf16 on the backend %s is refused in a line', async (backend, why) => {
  const { code, lastLine } = await train('refused', [...bf16, '--backend', backend]);
  expect([code, lastLine]).toEqual([
    1,
    expect.stringContaining(`training.precision: expected float32, found bf16: ${why}`),
  ]);
});
