import { readFile } from 'node:fs/promises';
import { readAudio, readAudioInfo } from '@mmolre/audio';
import { makeWav, pageChecksum, pageEnd, tones } from '@mmolre/audio/test';
import { audioFixture, readFixture } from '../__fixtures__/temporary-folders';
import { readMmsaPickle } from '../corpora/mmsa-pickle';
import { readDataset } from '../dataset';
import { readCsd } from '../formats/csd';
import { readCorpus } from '../read-corpus';
import { corpora } from './corpora-seeds';

/** A reader and the files that are broken for it. A new reader is one entry. */
export type FuzzedReader = {
  /** Sound files; each is broken in turn. */
  seeds: () => Promise<Uint8Array[]>;
  /** The broken file's path in a folder of its own. */
  file: string;
  /** Other files of that folder. */
  beside?: Record<string, string>;
  /** Makes checks that a reader begins with pass again, so that what lies behind them is reached. */
  repair?: (bytes: Buffer) => Buffer;
  read: (path: string, folder: string) => Promise<unknown>;
};

export const DEADLINE_SECONDS = 20;

const fixtures =
  (...names: string[]) =>
  () =>
    Promise.all(names.map(readFixture));
const recordings =
  (...names: string[]) =>
  () =>
    Promise.all(names.map((name) => readFile(audioFixture(name))));
const audio = (seeds: FuzzedReader['seeds'], more: Partial<FuzzedReader> = {}): FuzzedReader => ({
  seeds,
  file: 'clip',
  async read(path) {
    const samples = await readAudio(path, { deadlineSeconds: DEADLINE_SECONDS });
    const info = await readAudioInfo(path).catch((error: unknown) => error);
    if (info instanceof Error) throw new TypeError(`decoded, though its header is refused: ${info.message}`);
    if (!samples.every((value) => Math.abs(value) <= 1)) throw new TypeError('samples that are not within -1 .. 1');
  },
  ...more,
});

const wavs = async () => {
  const samples = tones(16_000, 0.25, 7_000);
  return [
    makeWav(samples),
    makeWav(samples, { bits: 8, note: true }),
    makeWav(samples, { bits: 24, extensible: true }),
    makeWav(samples, { bits: 32, float: true, channels: 2 }),
    makeWav(samples, { bits: 64, float: true, sampleRate: 44_100 }),
  ];
};

/** With the checksum of every page made right again. */
function rightChecksums(bytes: Buffer): Buffer {
  const right = Buffer.from(bytes);
  for (let at = 0; at >= 0; at = right.indexOf('OggS', at + 4)) {
    const end = pageEnd(right, at);
    if (end !== undefined) right.writeUInt32LE(pageChecksum(right, at, end), at + 22);
  }
  return right;
}

const labelRows = 'video_id,clip_id,text,label,mode,happiness,sadness,anger,surprise,disgust,fear,audio';
const labelFile = Buffer.from(
  `${labelRows}\nv1,1,"fine, she said ""yes""",2.4,train,1,0,0,0.333,0,0,a.wav\nv1,2,gröber — 悪い,-3,valid,0,2,1,0,0,0,\nv2,1,,,test,,,,,,,\n`,
);

export const readers: Record<string, FuzzedReader> = {
  wav: audio(wavs),
  flac: audio(recordings('tone.flac', 'stereo.flac')),
  mp3: audio(recordings('tone.mp3')),
  'ogg vorbis': audio(recordings('tone.ogg')),
  'ogg vorbis, checksums right': audio(recordings('tone.ogg'), { repair: rightChecksums }),
  opus: audio(recordings('tone.opus')),
  'opus, checksums right': audio(recordings('tone.opus'), { repair: rightChecksums }),
  'label.csv': {
    seeds: async () => [labelFile],
    file: 'label.csv',
    beside: { 'a.wav': 'not read here' },
    read: (_, folder) => readDataset(folder),
  },
  csd: {
    seeds: fixtures('labels.csd', 'words.csd', 'opinions.csd'),
    file: 'a.csd',
    read: (path) => readCsd(path),
  },
  'mmsa pickle': {
    seeds: fixtures('features-2.pkl', 'features-5.pkl', 'runs-code-2.pkl'),
    file: 'a.pkl',
    read: (path) => readMmsaPickle(path),
  },
  ...Object.fromEntries(
    corpora.map(({ name, file, text, beside }) => [
      name,
      {
        seeds: async () => [Buffer.from(text)],
        file,
        ...(beside && { beside }),
        read: (_: string, folder: string) => readCorpus(folder),
      },
    ]),
  ),
};
