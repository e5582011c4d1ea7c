import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@mmolre/files';
import { expect, test } from 'vitest';
import { readCsd, wordsWithin } from './csd';

const fixture = (name: string) => new URL(`../__fixtures__/corpora/${name}`, import.meta.url).pathname;

test('reads labels as h5py wrote them, in the order of the file', async () => {
  const { name, width, videos } = await readCsd(fixture('labels.csd'));
  expect([name, width, [...videos.keys()]]).toEqual(['All Labels', 7, ['lone', 'vid_A', 'vid_B']]);
  expect(videos.get('vid_A')!.map(({ row, start, end }) => [row, start, end])).toEqual([
    [0, 8.5, 12.25],
    [1, 0, 4.02],
    [2, 4.02, 8.5],
  ]);
  const third = Math.fround(1 / 3);
  expect([...videos.get('vid_A')![0]!.values]).toEqual([-1, 0, 2 * third, third, 0, 0, 0]);
  expect([...videos.get('vid_B')![1]!.values]).toEqual([1, 1, 0, 0, 0, 0, third]);
});

test('reads words, and finds those of an interval without pauses', async () => {
  const { name, videos } = await readCsd(fixture('words.csd'));
  expect(name).toBe('words');
  expect(videos.get('vid_B')!.map(({ word }) => word)).toEqual(['not', 'good', 'café']);
  expect(wordsWithin(videos.get('vid_A')!, 0, 4.02)).toBe('the film shines');
});

test('reads compressed chunks', async () => {
  const { width, videos } = await readCsd(fixture('opinions.csd'));
  expect(width).toBe(1);
  expect([...videos.get('vid_M')!.map(({ values }) => values[0])]).toEqual([Math.fround(2.4), Math.fround(-0.8)]);
});

test.each([
  ['huge.csd', /features of "All Labels\/data\/vid_A": claims \[1099511627776, 7\], expected at most/],
  ['external.csd', /expected a group "All Labels\/data\/vid_A", found another kind of entry/],
  ['no-data.csd', /expected a group "something", found another kind of entry/],
  ['label.csv', /expected an HDF5 file, found another kind/],
  ['none.csd', /no such file/],
])('refuses %s', async (name, message) => {
  const error = await readCsd(fixture(name), { shown: name }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DataError);
  expect((error as DataError).message).toMatch(message);
  expect((error as DataError).message.startsWith(name)).toBe(true);
});

test('refuses what only begins like HDF5', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mmolre-csd-'));
  const path = join(folder, 'cut.csd');
  await writeFile(path, Buffer.from('\x89HDF\r\n\x1a\n and no more', 'latin1'));
  await expect(readCsd(path)).rejects.toThrow(/cut\.csd: damaged: it cannot be read as HDF5/);
  await rm(folder, { recursive: true });
});
