import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolders } from '../__fixtures__/temporary-folders';
import { openCorpusFolder } from '../corpus-folder';
import { findRecording, isRecordingFile, recordingFile } from './recording-file';

const folderOf = temporaryFolders();

async function finder(files: string[]) {
  const root = await folderOf(Object.fromEntries(files.map((name) => [name, 'x'])));
  const folder = await openCorpusFolder(root);
  return async (...stems: string[]) => {
    const { recording, video } = await findRecording(folder, stems, 'here');
    return (recording ?? video)?.slice(root.length + 1);
  };
}

describe('findRecording', () => {
  test('finds endings in capitals or not, and never another path', async () => {
    const find = await finder(['v/1.WAV', 'v/2.Mp4', 'v/3.m4A', 'V/4.wav', 'v/5.txt', 'v/6.part.Flac', 'v/ü b.OGG']);
    expect(await find('v/1')).toBe('v/1.WAV');
    expect(await find('v/2')).toBe('v/2.Mp4');
    expect(await find('v/3')).toBe('v/3.m4A');
    expect(await find('v/4')).toBeUndefined();
    expect(await find('v/5')).toBeUndefined();
    expect(await find('v/6')).toBeUndefined();
    expect(await find('v/6.part')).toBe('v/6.part.Flac');
    expect(await find('v/ü b')).toBe('v/ü b.OGG');
  });

  test('takes what is read before what is converted, sound alone before video, and the first path', async () => {
    const find = await finder([
      'v/1.mp4',
      'v/1.m4a',
      'wav/v/1.MP3',
      'v/2.MP4',
      'v/2.WMA',
      'v/3.mp3',
      'v/3.WAV',
      'wav/v/3.wav',
    ]);
    expect(await find('v/1', 'wav/v/1')).toBe('wav/v/1.MP3');
    expect(await find('v/2', 'wav/v/2')).toBe('v/2.WMA');
    expect(await find('v/3', 'wav/v/3')).toBe('v/3.WAV');
  });

  test('follows links within the folder, and says what leads out of it or is no file', async () => {
    const root = await folderOf({ 'real/1.wav': 'x', 'real/2': 'x' });
    const outside = await folderOf({ '3.wav': 'x' });
    await symlink('real', join(root, 'linked'));
    await mkdir(join(root, 'v'));
    await symlink('../real/2', join(root, 'v/2.MP4'));
    await symlink(join(outside, '3.wav'), join(root, 'v/3.WAV'));
    await mkdir(join(root, 'v/4.wav'));
    await mkdir(join(root, 'v/5.wav'));
    await writeFile(join(root, 'v/5.MP3'), 'x');
    const folder = await openCorpusFolder(root);
    const find = (stem: string) => findRecording(folder, [stem], 'here');
    expect(await find('linked/1')).toEqual({ recording: join(root, 'real/1.wav') });
    expect(await find('v/2')).toEqual({ video: join(root, 'real/2') });
    await expect(find('v/3')).rejects.toMatchObject({ kind: 'outside-folder' });
    await expect(find('v/4')).rejects.toThrow('here: expected a file, found that "v/4.wav" is none');
    expect(await find('v/5')).toEqual({ recording: join(root, 'v/5.MP3') });
    await expect(find('../3')).rejects.toMatchObject({ kind: 'outside-folder' });
  });

  test('asks once a path, not once an ending, of 22,000 rows', async () => {
    const root = await folderOf({ 'v/1.wav': 'x' });
    const folder = await openCorpusFolder(root);
    const asked: string[] = [];
    const counted = {
      ...folder,
      find(name: string, place: string) {
        asked.push(name);
        return folder.find(name, place);
      },
    };
    for (let i = 0; i < 22_000; i++) await findRecording(counted, [`v/${i}`, `wav/v/${i}`], 'here');
    expect(asked).toEqual(['v/1.wav']);
  });
});

test('an ending says whether a file is read, converted, or no recording', () => {
  for (const name of ['a.wav', 'a.FLAC', 'b/a.opus']) expect(recordingFile(name, '/x')).toEqual({ recording: '/x' });
  for (const name of ['a.MP4', 'a.m4a', 'a.3gp', 'a.aiff', 'a.wma', 'a.amr', 'a.aac']) {
    expect(recordingFile(name, '/x')).toEqual({ video: '/x' });
    expect(isRecordingFile(name)).toBe(true);
  }
  expect(isRecordingFile('a.txt')).toBe(false);
  expect(isRecordingFile('wav')).toBe(true);
});
