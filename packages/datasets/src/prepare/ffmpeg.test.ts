import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAudioInfo } from '@mmolre/audio';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolders, videoFixture } from '../__fixtures__/temporary-folders';
import { findVideoProgram } from '../formats/video-programs';
import { extractAudio } from './ffmpeg';

const folderOf = temporaryFolders();
let ffmpeg: string | undefined;
beforeAll(async () => {
  ffmpeg = await findVideoProgram('ffmpeg');
  if (!ffmpeg) console.warn('not tested: what needs ffmpeg, which is not on the path');
});

/** What is said of a video with these bytes, without its path; its number of seconds if it has sound. */
async function said(name: string, change: (bytes: Buffer) => Buffer): Promise<string | number> {
  const folder = await folderOf({ [name]: change(readFileSync(videoFixture(name))) });
  const [path, wav] = [join(folder, name), join(folder, 'out.wav')];
  return extractAudio(ffmpeg!, path, wav, 600).then(
    async () => (await readAudioInfo(wav)).seconds,
    (error: Error) => error.message.replace(`${path}: `, ''),
  );
}

const DAMAGED = 'damaged or cut short, as it cannot be read as video';

describe('a reason is ours, whatever ffmpeg says', () => {
  test('with sound, without, and with damage behind a head that is whole', async (context) => {
    if (!ffmpeg) return context.skip();
    expect(await said('sound.mp4', (bytes) => bytes)).toBe(0.25);
    expect(await said('no-sound.mp4', (bytes) => bytes)).toBe('no sound in it');
    expect(await said('sound.mp4', () => Buffer.from('neither'))).toBe(DAMAGED);
    const noise = (from: number, to: number) => (bytes: Buffer) =>
      Buffer.from(bytes.map((byte, i) => (i >= from && i < to ? (i * 167 + 13) % 256 : byte)));
    expect(await said('aac.mp4', noise(2_200, 3_400))).toBe(DAMAGED);
    // Its parts do not say how long they are, so its head cannot tell.
    expect(await said('streamed.mkv', (bytes) => bytes.subarray(0, 1_500))).toBe(DAMAGED);
  });

  test.each([
    ["Stream map '0:a:0' matches no streams.\nTo ignore this, add a trailing '?' to the map.", 1, 'no sound in it'],
    ['Error while opening decoder for input stream #0:0 : Not yet implemented in FFmpeg', 1, /^its sound is in a form/],
    ["Unrecognized option 'format_whitelist'.", 1, 'this ffmpeg cannot take its sound out'],
    ['a.mp4: Invalid data found when processing input', 1, DAMAGED],
    ['[matroska,webm @ 0x1] File ended prematurely', 0, DAMAGED],
    ['out.wav: No space left on device', 1, /out\.wav: no space left to write it$/],
  ])('%j with exit code %i', async (words, code, reason) => {
    const folder = await folderOf({});
    const program = join(folder, 'ffmpeg');
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "${words}" >&2\nexit ${code}\n`, { mode: 0o755 });
    const path = join(folder, 'a.mp4');
    const error = await extractAudio(program, path, join(folder, 'out.wav'), 600).catch((thrown: unknown) => thrown);
    const message = (error as Error).message.replace(`${path}: `, '');
    if (typeof reason === 'string') expect(message).toBe(reason);
    else expect(message).toMatch(reason);
  });
});
