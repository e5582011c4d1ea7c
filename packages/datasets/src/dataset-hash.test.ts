import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { datasetHash } from './dataset-hash';
import type { Sample } from './sample';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-hash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recording = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const sample: Sample = { id: 'v/1', videoId: 'v', clipId: '1', split: 'train', text: 'so good', sentiment: 2 };
const hashOf = (change: Partial<Sample> = {}, place = folder) => {
  const dataset = { folder: place, train: [{ ...sample, ...change }], valid: [], test: [] };
  return datasetHash(dataset);
};

test('is that of the content: not of places, names and speakers, but of every text, label and recording', async () => {
  const plain = await hashOf();
  expect(plain).toMatch(/^[0-9a-f]{64}$/);
  expect(await hashOf({}, '/elsewhere')).toBe(plain);
  expect(await hashOf({ speaker: 'Ann' })).toBe(plain);
  expect(await hashOf({ recording: recording('a.wav', 'sound') })).toBe(
    await hashOf({ recording: recording('b.wav', 'sound') }),
  );
  const changes: Partial<Sample>[] = [
    {},
    { id: 'v/2' },
    { text: 'so  good' },
    { sentiment: -2 },
    { emotions: [0, 0, 0, 0, 0, 0] },
    { emotions: [1, 0, 0, 0, 0, 0] },
    { recording: recording('c.wav', 'sound') },
    { recording: recording('d.wav', 'sounds') },
  ];
  const hashes = await Promise.all(changes.map((change) => hashOf(change)));
  expect(new Set(hashes).size).toBe(changes.length);
});

test('the split of a sample counts', async () => {
  const none = { folder, warnings: [], train: [], valid: [], test: [] };
  expect(await datasetHash({ ...none, valid: [sample] })).not.toBe(await datasetHash({ ...none, train: [sample] }));
});
