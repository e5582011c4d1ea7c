import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  codeDifference,
  codeFacts,
  difference,
  newSession,
  type RunIdentity,
  type RunRecord,
  readRecord,
  writeRecord,
} from './run-record';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-record-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const identity: RunIdentity = {
  config: { seed: 1, training: { learningRate: 0.1, maxGradNorm: null }, model: { ranks: [1, 2] } },
  data: 'aa',
  encoders: { 'text/weights': 'bb' },
  backend: { name: 'native', version: 'TensorFlow 2.21.0', device: 'CPU', threads: 2 },
};
const code = { commit: 'abc', packages: { node: '20.0.0' } };
const record: RunRecord = {
  format: 1,
  seed: 1,
  dataFolder: 'data',
  identity,
  sessions: [newSession(0, { command: ['--seed', '1'], machine: 'a machine', code })],
};

test.each<[Partial<RunIdentity>, string | undefined]>([
  [identity, undefined],
  [{ config: identity.config }, undefined],
  [{ config: { ...identity.config, seed: 2 } }, 'seed: 1 there, 2 here'],
  [{ config: { ...identity.config, model: { ranks: [1, 3] } } }, 'model.ranks: [1,2] there, [1,3] here'],
  [{ config: { ...identity.config, more: true } }, 'more: nothing there, true here'],
  [{ config: { seed: 1 } }, 'training.learningRate: 0.1 there, nothing here'],
  [
    { config: { ...identity.config, training: { learningRate: 0.1, maxGradNorm: null, precision: 'bf16' } } },
    'training.precision: "float32" there, "bf16" here', // older runs have no such field
  ],
  [{ data: 'cc' }, 'the data (its SHA-256): "aa" there, "cc" here'],
  [{ encoders: { 'text/weights': 'dd' } }, 'the encoder text/weights: "bb" there, "dd" here'],
  [{ backend: { ...identity.backend, threads: 3 } }, 'backend.threads: 2 there, 3 here'],
])('%j differs in the first field that is another', (here, expected) => {
  expect(difference(identity, here)).toBe(expected);
});

test('is read as it was written; a field of another kind is named', async () => {
  expect(await readRecord(join(folder, 'nothing'))).toBeUndefined();
  await writeRecord(folder, record);
  expect(await readRecord(folder)).toEqual(record);
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...record, seed: 'one' }));
  await expect(readRecord(folder)).rejects.toThrow(/run\.json: seed: /);
});

test('another commit, program or machine is told, the same ones are not', () => {
  const session = { code, machine: 'a machine' };
  expect(codeDifference(record, session)).toBeUndefined();
  expect(codeDifference(record, { ...session, code: { ...code, commit: 'def' } })).toMatch(
    /^commit was "abc", is "def": /,
  );
  expect(codeDifference(record, { ...session, machine: 'another' })).toMatch(
    /^machine was "a machine", is "another": /,
  );
  expect(codeFacts(folder)).toMatchObject({ commit: null, packages: { node: process.versions.node } });
});
