import { readFile } from 'node:fs/promises';
import {
  expectThat,
  FUZZ_TIMEOUT,
  type FuzzTarget,
  fuzz,
  type Mutator,
  mutatePieces,
  mutateRiff,
  placesOf,
} from '@mmolre/files/test';
import { expect, test } from 'vitest';
import { readAudioInfo } from './audio-info';
import { pageChecksum, pageEnd } from './ogg-header';
import { readAudio } from './read-audio';
import { readAudioFile } from './read-audio-file';
import { makeWav } from './testing/make-wav';
import { tones } from './testing/tones';

const DEADLINE_SECONDS = 20;
const fixtures =
  (...names: string[]) =>
  () =>
    Promise.all(names.map((name) => readFile(new URL(`./__fixtures__/${name}`, import.meta.url))));

const wavs = () => {
  const samples = tones(16_000, 0.25, 7_000);
  return [
    makeWav(samples),
    makeWav(samples, { bits: 8, note: true }),
    makeWav(samples, { bits: 24, extensible: true }),
    makeWav(samples, { bits: 32, float: true, channels: 2 }),
    makeWav(samples, { bits: 64, float: true, sampleRate: 44_100 }),
  ];
};

function ogg(seeds: FuzzTarget['seeds']): Pick<FuzzTarget, 'seeds' | 'mutate' | 'repair'> {
  /** The pages after the first are broken, three times of four, and all have the right checksum. */
  return { seeds, mutate: mutatePieces(placesOf('OggS'), 1), repair: rightChecksums };
}

function rightChecksums(bytes: Buffer): Buffer {
  const right = Buffer.from(bytes);
  for (let at = 0; at >= 0; at = right.indexOf('OggS', at + 4)) {
    const end = pageEnd(right, at);
    if (end !== undefined) right.writeUInt32LE(pageChecksum(right, at, end), at + 22);
  }
  return right;
}

/** Where a frame of one of these headers may begin: some are none, which is as good. */
const frames =
  (first: number, second: number) =>
  (file: Buffer): number[] =>
    [...file.keys()].filter((at) => file[at] === first && (file[at + 1]! & 0xfe) === second).slice(0, 400);
const flacBlocks: Mutator = mutatePieces((file) => [4, 8, 18, 42, ...frames(0xff, 0xf8)(file)], 1);

function audio(target: Pick<FuzzTarget, 'seeds' | 'mutate' | 'repair'>, files: RegExp, share: number): FuzzTarget {
  const check = (samples: Float32Array) => {
    expectThat(
      samples.every((value) => Math.abs(value) <= 1),
      () => 'samples that are not within -1 .. 1',
    );
    return [];
  };
  return {
    ...target,
    file: 'clip',
    async read(path) {
      const samples = await readAudio(path, { deadlineSeconds: DEADLINE_SECONDS });
      const info = await readAudioInfo(path).catch((error: Error) => error);
      expectThat(!(info instanceof Error), () => `decoded, though its header is refused: ${(info as Error).message}`);
      return check(samples);
    },
    readHere: async (path) => check(await readAudioFile({ path, options: {} })),
    firstCheck: /not audio/,
    share,
    lines: { files, share: 0.7 },
  };
}

const targets: Record<string, FuzzTarget> = {
  wav: audio({ seeds: wavs, mutate: mutateRiff }, /audio\/src\/(wav-header|decode-wav)\.ts$/, 0.8),
  'wav, coded': audio(
    {
      seeds: fixtures('noise-alaw.wav', 'ima-adpcm-2.wav', 'ms-adpcm-2.wav', 'noise-rf64.wav'),
      mutate: mutateRiff,
    },
    /audio\/src\/(wav-header|wav-format|companded|\w+-adpcm|decode-wav)\.ts$/,
    0.7,
  ),
  flac: audio(
    { seeds: fixtures('tone.flac', 'stereo.flac', 'joint.flac'), mutate: flacBlocks },
    /audio\/src\/(flac-\w+|decode-flac|bit-reader)\.ts$/,
    0.8,
  ),
  mp3: audio(
    { seeds: fixtures('tone.mp3'), mutate: mutatePieces(frames(0xff, 0xfa), 1) },
    /audio\/src\/(mp3-header|decode-mp3)\.ts$/,
    0.8,
  ),
  'ogg vorbis': audio(ogg(fixtures('tone.ogg')), /audio\/src\/(ogg-\w+|decode-ogg)\.ts$/, 0.8),
  opus: audio(ogg(fixtures('tone.opus')), /audio\/src\/(ogg-\w+|decode-ogg)\.ts$/, 0.8),
};

test.each(Object.entries(targets))(
  '%s: broken files are decoded or refused in one line, within time and memory',
  async (name, target) => {
    expect(await fuzz(name, target)).toEqual([]);
  },
  FUZZ_TIMEOUT,
);
