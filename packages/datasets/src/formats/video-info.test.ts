import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolders, videoFixture } from '../__fixtures__/temporary-folders';
import { checkVideoKind, readVideoSeconds } from './video-info';
import { findVideoProgram } from './video-programs';

const folderOf = temporaryFolders();
const read = (name: string) => readFileSync(videoFixture(name));
const pathOf = async (name: string, content: string | Uint8Array) => join(await folderOf({ [name]: content }), name);

/** What is said of a file, without its path. */
const said = async (path: string, ffprobe?: string) =>
  readVideoSeconds(path, 600, ffprobe).then(
    (seconds) => seconds,
    (error: Error) => error.message.replace(`${path}: `, ''),
  );

describe('by its head', () => {
  test.each([
    ['sound.mp4', 0.25],
    ['aac.mp4', 0.32],
    ['sound.mov', 0.25],
    ['sound.m4a', 0.25],
    ['sound.3gp', 0.32],
    ['sound.mkv', 0.25],
    ['sound.webm', 0.258],
    ['sound.avi', 0.25],
    ['sound.flv', 0.2],
    ['streamed.mkv', undefined],
    ['sound.aac', undefined],
    ['sound.aiff', undefined],
    ['sound.wma', undefined],
  ])('%s has sound of %s seconds', async (name, seconds) => {
    const found = await said(videoFixture(name));
    if (seconds === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(seconds, 1);
  });

  test.each(['no-sound.mp4', 'no-sound.mkv', 'no-sound.avi', 'no-sound.flv'])('%s has none', async (name) => {
    const path = videoFixture(name);
    await expect(readVideoSeconds(path, 600)).rejects.toMatchObject({
      name: 'DataError',
      kind: 'no-audio-track',
      message: `${path}: no sound in it`,
    });
  });

  test('without its last half or its last byte it is cut short', async () => {
    const names = [
      'sound.mp4',
      'aac.mp4',
      'sound.mov',
      'sound.m4a',
      'sound.3gp',
      'sound.mkv',
      'sound.webm',
      'sound.avi',
      'sound.flv',
    ];
    for (const name of names) {
      const bytes = read(name);
      for (const length of [bytes.length / 2, bytes.length - 1]) {
        const found = await said(await pathOf(name, bytes.subarray(0, length)));
        expect([name, length, found]).toEqual([name, length, expect.stringMatching(/^cut short: /)]);
      }
    }
    expect(await said(await pathOf('a.avi', read('sound.avi').subarray(0, 9_000)))).toBe(
      'cut short: its part "JUNK" goes on to byte 9936, the file has 9000',
    );
    expect(await said(await pathOf('a.mp4', read('aac.mp4').subarray(0, 2_000)))).toMatch(
      /^cut short: its part "mdat" goes on to byte \d+, the file has 2000$/,
    );
    expect(await said(await pathOf('a.mp4', read('sound.mp4').subarray(0, 40)))).toMatch(/^cut short: /);
  });

  test('cut at any byte, or with any byte changed, it ends in a length or one line', async () => {
    for (const name of ['sound.mp4', 'sound.mkv', 'no-sound.avi', 'no-sound.flv']) {
      const bytes = read(name);
      const folder = await folderOf({});
      const { writeFileSync } = await import('node:fs');
      const path = join(folder, name);
      for (let at = 0; at < bytes.length; at += 31) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= 0xff;
        for (const content of [changed, bytes.subarray(0, at + 1)]) {
          writeFileSync(path, content);
          const found = await said(path);
          if (typeof found === 'string') expect(found).not.toMatch(/\n/);
          else if (found !== undefined) expect(found).toBeGreaterThan(0);
        }
      }
    }
  });

  test('longer than is allowed it is refused', async () => {
    const path = videoFixture('sound.mp4');
    await expect(readVideoSeconds(path, 0.2)).rejects.toThrow(`${path}: 0.3 seconds long, expected at most 0.2`);
  });
});

test.each([
  ['\n <!DOCTYPE html><title>404</title>', 'what looks like an HTML page'],
  ['Sorry, "é"\n', 'what looks like a text'],
  [Buffer.from('89504e470d0a1a0a0000000d', 'hex'), 'what looks like a PNG picture'],
  [Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), 'what looks like wav audio'],
  ['#EXTM3U\nhttp://a/b.ts\n', 'what looks like a playlist'],
  [Buffer.alloc(400), 'zeros'],
  [Buffer.from('0102030405060708', 'hex'), 'a file that begins with the bytes 0102030405060708'],
])('what is no video is named by what it looks like: %s', async (content, looks) => {
  const path = await pathOf('a.mp4', content);
  const message = `${path}: expected a video, or sound to convert, found ${looks}`;
  await expect(checkVideoKind(path)).rejects.toThrow(message);
  await expect(readVideoSeconds(path, 600)).rejects.toThrow(message);
});

test('an empty file and a pointer to one are named so', async () => {
  await expect(checkVideoKind(await pathOf('a.mp4', ''))).rejects.toThrow(/a\.mp4: the file is empty$/);
  const pointer = await pathOf('a.mp4', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n');
  await expect(checkVideoKind(pointer)).rejects.toMatchObject({ kind: 'lfs-pointer' });
});

describe('with ffprobe', () => {
  test('the same is said, lengths of more kinds are known, and what is inside is looked at', async (context) => {
    const ffprobe = await findVideoProgram('ffprobe');
    if (!ffprobe) {
      console.warn('not tested: what needs ffprobe, which is not on the path');
      return context.skip();
    }
    for (const name of ['sound.mp4', 'sound.mkv', 'sound.avi', 'sound.aac', 'sound.aiff', 'sound.wma']) {
      expect([name, await said(videoFixture(name), ffprobe)]).toEqual([name, expect.closeTo(0.28, 1)]);
    }
    expect(await said(videoFixture('no-sound.mp4'), ffprobe)).toBe('no sound in it');
    const broken = Buffer.from(read('sound.aiff'));
    broken.write('COMX', broken.indexOf('COMM'));
    expect(await said(await pathOf('a.aiff', broken), ffprobe)).toBe(
      'damaged or cut short, as it cannot be read as video',
    );
  });
});
