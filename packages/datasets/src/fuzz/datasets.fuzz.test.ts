import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  expectThat,
  FUZZ_TIMEOUT,
  type FuzzTarget,
  fuzz,
  mutateJsonLines,
  mutatePickle,
  mutatePieces,
  mutateTable,
  mutateText,
  placesOf,
} from '@mmolre/files/test';
import { expect, test } from 'vitest';
import { readFixture } from '../__fixtures__/temporary-folders';
import { readMmsaPickle } from '../corpora/mmsa-pickle';
import { readMmsaPickleFile } from '../corpora/mmsa-pickle-file';
import { readCsd } from '../formats/csd';
import { readCsdFile } from '../formats/csd-file';
import { readVideoSeconds } from '../formats/video-info';
import { openProgress } from '../prepare/progress-file';
import { readCorpus } from '../read-corpus';
import { checkSamples } from './check-samples';
import { type CorpusSeed, corpora } from './corpora-seeds';

const fixtures =
  (...names: string[]) =>
  () =>
    Promise.all(names.map(readFixture));

const MUTATORS: Record<CorpusSeed['form'], FuzzTarget['mutate']> = {
  csv: mutateTable(',', { hasHead: true }),
  tsv: mutateTable('\t', { hasHead: false }),
  text: mutateText,
};

const corpus = ({ form, file, text, beside, lines }: CorpusSeed): FuzzTarget => ({
  seeds: () => [Buffer.from(text)],
  mutate: MUTATORS[form],
  file,
  ...(beside && { beside }),
  async read(_path, folder) {
    const { samples, problems } = await readCorpus(folder);
    checkSamples(samples);
    for (const { recording = folder } of samples)
      expectThat(recording.startsWith(folder), () => `a recording outside of the folder: ${recording}`);
    return problems.map(({ message }) => message);
  },
  firstCheck: /missing column|occurs twice|no rows|expected commas|the file is empty|Git LFS/,
  share: 0.6,
  lines: { files: lines, share: 0.85 },
});

/** Where a recording that was made before is found again. */
const AUDIO = 'wav/a.wav';
const entry = {
  ...{ source: 'a.mp3', sourceBytes: 5, sourceSha256: '0'.repeat(64), audio: AUDIO, sha256: '1'.repeat(64) },
  ...{ samples: 16_000, sourceTime: 1_000, bytes: 4 },
};

const targets: Record<string, FuzzTarget> = {
  ...Object.fromEntries(corpora.map((seed) => [seed.name, corpus(seed)])),
  csd: {
    seeds: fixtures('labels.csd', 'words.csd', 'opinions.csd'),
    mutate: mutatePieces(placesOf('OHDR', 'OCHK', 'TREE', 'SNOD', 'HEAP', 'GCOL', 'FRHP'), 1, true),
    file: 'a.csd',
    async read(path) {
      const { videos, width } = await readCsd(path, { deadlineSeconds: 20 });
      for (const [video, segments] of videos)
        for (const { start, end, values } of segments)
          expectThat(Number.isFinite(start + end) && values.length <= width, () => `${video}: ${start} .. ${end}`);
      return [];
    },
    async readHere(path) {
      await readCsdFile({ path, shown: path });
      return [];
    },
    firstCheck: /expected an HDF5 file|cannot be read as HDF5|the file is empty/,
    share: 0.3,
    lines: { files: /datasets\/src\/formats\/csd-file\.ts$/, share: 0.7 },
  },
  'mmsa pickle': {
    seeds: fixtures('features-2.pkl', 'features-3.pkl', 'features-4.pkl', 'features-5.pkl'),
    mutate: mutatePickle,
    file: 'a.pkl',
    async read(path) {
      const samples = await readMmsaPickle(path, { deadlineSeconds: 20 });
      checkSamples(samples);
      for (const { id, features } of samples)
        for (const { shape, read } of Object.values(features)) {
          const values = await read();
          const isSound = values.length === shape[0] * shape[1] && values.every(Number.isFinite);
          expectThat(isSound, () => `${id}: ${values.length} numbers for [${shape.join(', ')}]`);
        }
      return [];
    },
    async readHere(path) {
      await readMmsaPickleFile({ path, shown: path });
      return [];
    },
    firstCheck: /damaged, or no pickle|truncated or damaged|expected a dictionary of train|the file is empty/,
    share: 0.3,
    lines: {
      files: /datasets\/src\/(corpora\/mmsa-pickle-file|formats\/(numpy-pickle|pickle-reader))\.ts$/,
      share: 0.8,
    },
  },
  video: {
    seeds: () =>
      Promise.all(
        ['sound.mp4', 'aac.mp4', 'sound.mkv', 'streamed.mkv', 'sound.avi', 'sound.flv'].map((name) =>
          readFile(new URL(`../__fixtures__/videos/${name}`, import.meta.url)),
        ),
      ),
    mutate: mutatePieces(
      placesOf('moov', 'trak', 'mdhd', 'hdlr', 'LIST', 'strh', '\x16\x54\xae\x6b', '\x15\x49\xa9\x66'),
      1,
      true,
    ),
    file: 'a.video',
    async read(path) {
      const seconds = await readVideoSeconds(path, 600, undefined);
      expectThat(seconds === undefined || (seconds >= 0 && seconds <= 600), () => `${seconds} seconds`);
      return [];
    },
    firstCheck: /expected a video|the file is empty/,
    share: 0.6,
    lines: { files: /datasets\/src\/formats\/video-(info|avi|flv|kind|matroska|mp4|parts)\.ts$/, share: 0.5 },
  },
  'progress of a preparation': {
    seeds: () => [Buffer.from(`\n${JSON.stringify({ ...entry, source: 'b.mp3' })}\n${JSON.stringify(entry)}`)],
    mutate: mutateJsonLines,
    file: '.prepare-progress.jsonl',
    beside: { [AUDIO]: 'RIFF' },
    async read(_path, folder) {
      const found = openProgress(folder).find(entry.source, { size: 5, mtimeMs: 1_000 }, AUDIO);
      expectThat(found === undefined || found.audio === AUDIO, () => JSON.stringify(found));
      return found ? [] : [`${join('a folder', AUDIO)}: made again`];
    },
    firstCheck: /never/,
    share: 1,
    lines: { files: /datasets\/src\/prepare\/progress-file\.ts$/, share: 0.5 },
  },
};

test.each(Object.entries(targets))(
  '%s: broken files are read or refused in one line, within time and memory',
  async (name, target) => {
    expect(await fuzz(name, target)).toEqual([]);
  },
  FUZZ_TIMEOUT,
);
