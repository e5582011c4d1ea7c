import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wavFile } from '@mmolre/audio';
import { readDataset } from '@mmolre/datasets';
import { afterAll, expect, test } from 'vitest';
import { loadExamples } from './examples';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const modes = ['train', 'train', 'train', 'valid', 'test'];
const rows = modes.map((mode, i) => {
  if (i !== 1)
    writeFileSync(
      join(folder, `${i}.wav`),
      wavFile(new Float32Array(8_000 + 100 * i).fill((100 * (i + 1)) / 32_768), 16_000),
    );
  return `v,${i},text ${i},${i - 2},${mode},${i === 1 ? '' : `${i}.wav`}`;
});
writeFileSync(join(folder, 'label.csv'), `${['video_id,clip_id,text,label,mode,audio', ...rows].join('\n')}\n`);

test('recordings that do not fit are decoded with their batch, to the same examples', async () => {
  const dataset = await readDataset(folder);
  const done: number[] = [];
  const [all, later] = [
    await loadExamples(dataset, (count) => done.push(count)),
    await loadExamples(dataset, () => {}, { memoryBytes: 1_000 }),
  ];
  expect(done.at(-1)).toBe(5);
  expect(await all.load(all.train)).toBe(all.train);
  expect(all.train.map(({ audio }) => audio?.length)).toEqual([8_000, undefined, 8_200]);
  expect(later.train.map(({ audio }) => audio)).toEqual([undefined, undefined, undefined]);
  expect(await later.load([...later.train].reverse())).toEqual([...all.train].reverse());
  expect([later.valid, later.test]).toEqual([all.valid, all.test]);
});

test('of each recording only what the encoder reads', async () => {
  const { train, valid } = await loadExamples(await readDataset(folder), () => {}, { firstSeconds: 0.25 });
  expect([train[0]!.audio!.length, valid[0]!.audio!.length]).toEqual([4_000, 4_000]);
});

test('the length of a sample is that of what is read of its recording and of its text, decoded or not', async () => {
  const dataset = await readDataset(folder);
  const whole = await loadExamples(dataset, () => {});
  const [text, seconds] = [6 / 15, [0.5, 0, 0.5125]];
  whole.lengths.forEach((length, i) => {
    expect(length).toBeCloseTo(seconds[i]! + text, 12);
  });
  const later = await loadExamples(dataset, () => {}, { memoryBytes: 0 });
  expect(later.lengths).toEqual(whole.lengths);
  const begun = await loadExamples(dataset, () => {}, { firstSeconds: 0.25 });
  expect(begun.lengths[2]).toBeCloseTo(0.25 + text, 12);
});

test('a recording of train that is none is found before training', async () => {
  writeFileSync(join(folder, '2.wav'), 'not audio');
  const dataset = await readDataset(folder);
  await expect(loadExamples(dataset, () => {}, { memoryBytes: 0 })).rejects.toThrow(/2\.wav: not audio/);
});
