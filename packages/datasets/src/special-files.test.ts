import { join } from 'node:path';
import { makeWav } from '@mmolre/audio/test';
import { placeSpecialFile, SPECIAL_FILES } from '@mmolre/files/test';
import { describe, expect, test } from 'vitest';
import { temporaryFolders } from './__fixtures__/temporary-folders';
import { readMmsaPickle } from './corpora/mmsa-pickle';
import { readDataset } from './dataset';
import { readCsd } from './formats/csd';
import { prepareFolder } from './prepare/prepare-folder';

const folderOf = temporaryFolders();
const HEAD = 'video_id,clip_id,text,label,mode,audio';

describe.each(SPECIAL_FILES)('%s where a file is expected is refused in one line', (kind) => {
  const found = kind === '/dev/zero' ? 'a device' : 'a pipe';

  test('as label.csv', async () => {
    const folder = await folderOf({ 'a.wav': makeWav([0]) });
    placeSpecialFile(kind, join(folder, 'label.csv'));
    await expect(readDataset(folder)).rejects.toThrow(
      /^\S+label\.csv: expected a (file|path inside the folder), found /,
    );
  });

  test('as a recording', async () => {
    const folder = await folderOf({ 'label.csv': `${HEAD}\nv,1,hi,0,train,a.wav\n` });
    placeSpecialFile(kind, join(folder, 'a.wav'));
    await expect(readDataset(folder)).rejects.toThrow(
      /label\.csv, line 2, column audio: expected a (file|path inside)/,
    );
  });

  test('as a .csd or a pickle', async () => {
    const folder = await folderOf({});
    for (const [name, read] of Object.entries({ 'a.csd': readCsd, 'a.pkl': readMmsaPickle })) {
      placeSpecialFile(kind, join(folder, name));
      await expect(read(join(folder, name))).rejects.toThrow(`${name}: expected a file, found ${found}`);
    }
  });

  test('as the progress of a preparation', async () => {
    const folder = await folderOf({ 'label.csv': `${HEAD}\nv,1,hi,0,train,a.wav\n`, 'a.wav': makeWav([0, 0.5]) });
    const out = await folderOf({});
    placeSpecialFile(kind, join(out, '.prepare-progress.jsonl'));
    await expect(prepareFolder(folder, { out })).rejects.toThrow(`progress.jsonl: expected a file, found ${found}`);
  });
});
