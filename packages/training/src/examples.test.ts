import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wavFile } from '@mmolre/audio';
import { readDataset, withoutUnreadable } from '@mmolre/datasets';
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

test('a recording that cannot be read costs its sample alone, and more than is allowed ends it', async () => {
  const place = join(folder, 'damaged');
  mkdirSync(place);
  const flac = readFileSync(new URL('../../audio/src/__fixtures__/tone.flac', import.meta.url));
  const made = Array.from({ length: 20 }, (_, i) => {
    // Sound but for the first two: no sound file at all, and cut off behind a sound header.
    writeFileSync(join(place, `${i}.flac`), i === 0 ? 'no sound' : i === 1 ? flac.subarray(0, flac.length / 2) : flac);
    return `v,${i},text ${i},1,${i < 18 ? 'train' : i === 18 ? 'valid' : 'test'},${i}.flac`;
  });
  writeFileSync(join(place, 'label.csv'), `${['video_id,clip_id,text,label,mode,audio', ...made].join('\n')}\n`);
  const dataset = await readDataset(place);
  const { train, lengths, lost } = await loadExamples(dataset, () => {});
  expect([train.length, lengths.length, train[0]!.id]).toEqual([16, 16, 'v/2']);
  expect([...lost.keys()].map(({ id }) => id)).toEqual(['v/0', 'v/1']);
  expect(() => withoutUnreadable(dataset, lost, {})).toThrow(
    /0\.flac: .*2 of 20 samples are lost, and --max-lost allows 1 %/,
  );
  const kept = withoutUnreadable(dataset, lost, { maxLost: 10 });
  expect([kept.train.length, kept.loss]).toEqual([16, { lost: 2, of: 20 }]);
  expect(kept.warnings.map(({ line }) => line)).toEqual([2, 3]);
  const later = await loadExamples(dataset, () => {}, { memoryBytes: 1_000 });
  expect(later.train.map(({ id }) => id)).not.toContain('v/0');
});
