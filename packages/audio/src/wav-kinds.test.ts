import { execFileSync } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@mmolre/files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAudioCache } from './audio-cache';
import { readAudioInfo } from './audio-info';
import { readAudio } from './read-audio';
import { makeWav } from './testing/make-wav';
import { tones } from './testing/tones';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-kinds-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fixture = (name: string) => readFile(new URL(`./__fixtures__/${name}`, import.meta.url));
async function written(content: Uint8Array, name = `clip-${Math.random().toString(36).slice(2)}`): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}
/** What both readers say of a file that they must not read. */
async function refusal(content: Uint8Array): Promise<string> {
  const path = await written(content);
  const errors = await Promise.all([readAudioInfo(path), readAudio(path)].map((one) => one.catch((error) => error)));
  expect(errors[0]).toBeInstanceOf(DataError);
  expect(errors[1]?.message).toBe(errors[0]?.message);
  return errors[0].message.slice(path.length + 2);
}
const changed = async (name: string, change: (file: Buffer) => void) => {
  const file = await fixture(name);
  change(file);
  return file;
};

describe('ADPCM', () => {
  const kinds = ['ima-adpcm-1.wav', 'ima-adpcm-2.wav', 'ms-adpcm-1.wav', 'ms-adpcm-2.wav'];

  test.each(kinds)(
    '%s: the first seconds are those of the whole, as is a file without its last bytes',
    async (name) => {
      const file = await fixture(name);
      const whole = await readAudio(await written(file));
      expect(await readAudio(await written(file), { firstSeconds: 0.066 })).toEqual(whole.slice(0, 1_056));
      const at = file.indexOf('data') + 4;
      const half = (file.length - at - 4) / 2;
      const left = half + 40; // and forty bytes of the second block
      file.writeUInt32LE(left, at);
      const fact = file.indexOf('fact');
      file.writeUInt32LE(0, fact + 8); // not noted
      const short = await readAudio(await written(file.subarray(0, at + 4 + left)));
      expect(short.length).toBeGreaterThan(1_012 + 20);
      expect(short.length).toBeLessThan(1_100);
      expect(short).toEqual(whole.slice(0, short.length));
    },
  );

  test.each(kinds)('%s: cut off, or claiming more than it holds, is refused', async (name) => {
    const file = await fixture(name);
    expect(await refusal(file.subarray(0, -300))).toMatch(
      /^truncated: its header claims \d+ bytes of samples, \d+ are/,
    );
    file.writeUInt32LE(9_000, file.indexOf('fact') + 8);
    expect(await refusal(file)).toMatch(/^truncated: its header claims 9000 samples, 20(34|24) are there$/);
  });

  test('blocks that do not fit are refused', async () => {
    for (const name of kinds) {
      const samples = await changed(name, (file) => file.writeUInt16LE(900, 38));
      expect(await refusal(samples)).toMatch(
        /contradicts itself: 900 samples of [12] channels in a block of \d+ bytes$/,
      );
      const block = await changed(name, (file) => file.writeUInt16LE(2, 32));
      expect(await refusal(block)).toMatch(
        /contradicts itself: 10\d\d samples of [12] channels in a block of 2 bytes$/,
      );
    }
    const many = await changed(kinds[0]!, (file) => file.writeUInt16LE(6, 22));
    expect(await refusal(many)).toBe('ADPCM of 6 channels, expected 1 or 2');
    const other = await changed('ms-adpcm-1.wav', (file) => file.writeInt16LE(7, 44));
    expect(await refusal(other)).toMatch(/with other predictors than the usual seven/);
  });

  test('damaged blocks are refused', async () => {
    const step = await changed('ima-adpcm-1.wav', (file) => file.writeUInt8(89, file.indexOf('data') + 10));
    await expect(readAudio(await written(step))).rejects.toThrow('damaged: a block of ADPCM with step 89 of 89');
    const predictor = await changed('ms-adpcm-2.wav', (file) => file.writeUInt8(7, file.indexOf('data') + 9));
    await expect(readAudio(await written(predictor))).rejects.toThrow(
      'damaged: a block of ADPCM with predictor 7 of 7',
    );
  });
});

describe('RF64', () => {
  test('and BW64 are the same', async () => {
    const file = await fixture('noise-rf64.wav');
    const samples = await readAudio(await written(file));
    file.write('BW64', 0, 'latin1');
    expect(await readAudio(await written(file))).toEqual(samples);
  });

  test('that claims more than there is, or has no lengths, is refused', async () => {
    const file = await fixture('noise-rf64.wav');
    expect(await refusal(file.subarray(0, -4))).toBe(
      'truncated: its header claims 1280 bytes of samples, 1276 are there',
    );
    file.writeBigUInt64LE(2n ** 63n, 28);
    expect(await refusal(file)).toMatch(/^truncated: its header claims 9223372036854776000 bytes/);
    file.write('junk', 12, 'latin1');
    expect(await refusal(file)).toBe('damaged: a wav file of 64 bits without its lengths');
  });

  test('of more than 4 GB: its beginning is read', async () => {
    const samples = tones(16_000, 1, 7_000);
    const plain = makeWav(samples);
    const bytes = 5_000_000_000;
    const lengths = Buffer.alloc(36);
    lengths.write('ds64', 0, 'latin1');
    lengths.writeUInt32LE(28, 4);
    lengths.writeBigUInt64LE(BigInt(bytes), 16);
    plain.write('RF64', 0, 'latin1');
    plain.writeUInt32LE(0xffffffff, 40);
    const path = await written(Buffer.concat([plain.subarray(0, 12), lengths, plain.subarray(12)]));
    const file = await open(path, 'r+'); // full of holes, so that it takes no room
    await file.truncate(80 + bytes);
    await file.close();
    const maxSeconds = 200_000;
    expect(await readAudioInfo(path, { maxSeconds })).toMatchObject({ seconds: 156_250 });
    const first = await readAudio(path, { maxSeconds, firstSeconds: 0.5 });
    expect(first).toEqual((await readAudio(await written(makeWav(samples)))).slice(0, 8_000));
  });
});

test('a file is told by its content, whatever its name', async () => {
  const samples = tones(16_000, 0.1, 7_000);
  for (const name of ['A.WAV', 'a.mp3', 'noname'])
    expect((await readAudio(await written(makeWav(samples), name))).length).toBe(1_600);
  const flac = await fixture('tone.flac');
  expect(await readAudioInfo(await written(flac, 'b.WAV'))).toMatchObject({ format: 'flac' });
});

describe('what only ffmpeg reads is named', () => {
  const box = (brand: string) =>
    Buffer.concat([Buffer.from([0, 0, 0, 32]), Buffer.from(`ftyp${brand}`), Buffer.alloc(20)]);
  test.each([
    ['an AAC recording in MPEG-4 (m4a)', box('M4A ')],
    ['an MPEG-4 video (mp4)', box('isom')],
    ['a 3GP video or recording', box('3gp4')],
    ['a QuickTime video (mov)', box('qt  ')],
    ['a Matroska or WebM video', Buffer.from('1a45dfa3a342868101', 'hex')],
    ['an AVI video', Buffer.from('RIFF\0\0\0\0AVI LIST')],
    ['an AAC recording', Buffer.from('fff15080031ffc', 'hex')],
    ['a Windows Media file (wma, wmv, asf)', Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex')],
    ['an AIFF recording', Buffer.from('FORM\0\0\0\0AIFFCOMM')],
    ['an AMR recording', Buffer.from('#!AMR\n<')],
  ])('%s', async (kind, content) => {
    expect(await refusal(content)).toBe(
      `not read here: it looks like ${kind}; \`data prepare\` converts it with ffmpeg`,
    );
  });
});

describe('no file', () => {
  test.skipIf(process.platform === 'win32')('a pipe is refused at once, whoever opens it', async () => {
    const pipe = join(folder, 'pipe.wav');
    execFileSync('mkfifo', [pipe]);
    const refused = `${pipe}: expected a file, found a pipe`;
    await expect(readAudioInfo(pipe)).rejects.toThrow(refused);
    await expect(readAudio(pipe)).rejects.toThrow(refused);
    await expect(createAudioCache()(pipe)).rejects.toThrow(refused);
  });

  test.skipIf(process.platform === 'win32')('so is a device', async () => {
    for (const device of ['/dev/zero', '/dev/null'])
      await expect(readAudio(device)).rejects.toThrow(`${device}: expected a file, found a device`);
  });
});
