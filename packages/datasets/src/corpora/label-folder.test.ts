import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeWav } from '@mmolre/audio/test';
import { DataError } from '@mmolre/files';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDataset } from '../dataset';
import { EMOTIONS } from '../sample';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mmolre-labels-'));
});
afterAll(() => rm(root, { recursive: true }));

const WAV = makeWav([0, 0.5, 0]);
const HEADER = 'video_id,clip_id,text,label,mode';
const WITH_EMOTIONS = `${HEADER},${EMOTIONS.join(',')},audio`;

/** A data set's folder with these files. */
async function folderOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await mkdtemp(join(root, 'set-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

const labels = (...lines: string[]) => folderOf({ 'label.csv': `${lines.join('\n')}\n`, 'audio/a.wav': WAV });

/** The one-line error, from the name of label.csv on, without how much is lost. */
async function refusal(folder: string): Promise<string> {
  const error = await readDataset(folder).then(
    () => expect.fail('it was read'),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(DataError);
  const { message } = error as DataError;
  expect(message).not.toContain('\n');
  expect(message.startsWith(folder)).toBe(true);
  return message
    .slice(folder.length + 1)
    .replace(/: \d+ of \d+ samples are lost, and --max-lost allows 1 %; data validate lists them$/, '');
}

describe('reads', () => {
  test('labels, emotions and a named recording', async () => {
    const folder = await labels(
      WITH_EMOTIONS,
      'v1,c1,"Fine, she said: ""yes""",1.5,train,1,0,0,0,0,0,audio/a.wav',
      'v1,c2,Zwölf,-3,valid,0.33,0,2,0,0,3,',
      'v2,c1,unlabelled,,test,,,,,,,audio/a.wav',
    );
    const { train, valid, test: tests } = await readDataset(folder);
    expect(train).toEqual([
      {
        id: 'v1/c1',
        videoId: 'v1',
        clipId: 'c1',
        split: 'train',
        text: 'Fine, she said: "yes"',
        sentiment: 1.5,
        emotions: [1, 0, 0, 0, 0, 0],
        recording: join(folder, 'audio/a.wav'),
        origin: { file: 'label.csv', line: 2, sentiment: 'label.csv, line 2', emotions: 'label.csv, line 2' },
      },
    ]);
    expect(valid[0]).toMatchObject({ text: 'Zwölf', sentiment: -3, emotions: [1, 0, 1, 0, 0, 1] });
    expect(valid[0]).not.toHaveProperty('recording');
    expect(tests[0]).toMatchObject({ id: 'v2/c1', recording: join(folder, 'audio/a.wav') });
    expect(tests[0]).not.toHaveProperty('sentiment');
    expect(tests[0]).not.toHaveProperty('emotions');
  });

  test('who speaks, where a column says it', async () => {
    const { train } = await readDataset(await labels(`${HEADER},speaker`, 'v,1,a,0,train, Ann ', 'v,2,b,0,train,'));
    expect(train[0]).toMatchObject({ speaker: 'Ann' });
    expect(train[1]).not.toHaveProperty('speaker');
  });

  test("MMML's layout: recordings by video and clip, also under wav, and none at all", async () => {
    const rows = ['v1,1,a,0,test', 'v1,2,b,0,test', 'v1,3,c,0,test'];
    const folder = await folderOf({
      'label.csv': [HEADER, ...rows].join('\n'),
      'v1/1.wav': WAV,
      'wav/v1/2.wav': WAV,
    });
    const { train, test: tests } = await readDataset(folder);
    expect(train).toEqual([]);
    expect(tests.map(({ recording }) => recording)).toEqual([
      join(folder, 'v1/1.wav'),
      join(folder, 'wav/v1/2.wav'),
      undefined,
    ]);
  });

  test('a byte order mark, CRLF, empty lines, columns in another order and of other names', async () => {
    const folder = await labels('\ufeffmode,text,note,label,clip_id,video_id\r', '', 'test,hi,n,0.5,c,v\r', '\r');
    const { test: tests } = await readDataset(folder);
    const origin = { file: 'label.csv', line: 3, sentiment: 'label.csv, line 3' };
    expect(tests).toEqual([
      { id: 'v/c', videoId: 'v', clipId: 'c', split: 'test', text: 'hi', sentiment: 0.5, origin },
    ]);
  });

  test('any text, as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 }), async (texts) => {
        const clean = texts.map((text) => text.replaceAll('\0', ''));
        const rows = clean.map((text, i) => `v,${i},"${text.replaceAll('"', '""')}",0,train`);
        const { train } = await readDataset(await labels(HEADER, ...rows));
        expect(train.map(({ text }) => text)).toEqual(clean);
      }),
      { numRuns: 25 },
    );
  });

  test('the default data set', async () => {
    const {
      train,
      valid,
      test: tests,
    } = await readDataset(new URL('../../../../data/review-speech', import.meta.url).pathname);
    expect([train.length, valid.length, tests.length]).toEqual([4_222, 603, 1_207]);
    const all = [...train, ...valid, ...tests];
    expect(new Set(all.map(({ recording }) => recording)).size).toBe(464);
    const speakers = [train, valid, tests].map((split) => [...new Set(split.map(({ speaker }) => speaker))].sort());
    expect(speakers).toEqual([['03', '08', '09', '10', '11', '12'], ['13'], ['14', '15']]);
    expect(new Set(all.map(({ text }) => text.toLowerCase())).size).toBe(all.length);
    const polarity = ({ sentiment = 0 }) =>
      Math.abs(sentiment) <= 0.5625 ? 'near zero' : sentiment > 0 ? 'positive' : 'negative';
    const counts: Record<string, number> = {};
    for (const sample of all) counts[polarity(sample)] = (counts[polarity(sample)] ?? 0) + 1;
    expect(counts).toEqual({ positive: 1_700, negative: 3_400, 'near zero': 932 });
  });
});

describe('refuses', () => {
  const good = 'v,1,fine,0,train,0,0,0,0,0,0,audio/a.wav';
  test.each([
    [
      'v,2,x,much,train,0,0,0,0,0,0,',
      'label.csv, line 3, column label: expected a number from -3 to 3 or nothing, found "much"',
    ],
    [
      'v,2,x,3.01,train,0,0,0,0,0,0,',
      'label.csv, line 3, column label: expected a number from -3 to 3 or nothing, found "3.01"',
    ],
    [
      'v,2,x,NaN,train,0,0,0,0,0,0,',
      'label.csv, line 3, column label: expected a number from -3 to 3 or nothing, found "NaN"',
    ],
    ['v,2,x,1,dev,0,0,0,0,0,0,', 'label.csv, line 3, column mode: expected train, valid or test, found "dev"'],
    [
      'v,2,x,1,train,0,-1,0,0,0,0,',
      'label.csv, line 3, column sadness: expected a number from 0 to 3 or nothing, found "-1"',
    ],
    ['v,2,x,1,train,0,0,,0,0,0,', 'label.csv, line 3, column anger: empty; expected all six emotions or none in a row'],
    ['v,,x,1,train,0,0,0,0,0,0,', 'label.csv, line 3, column clip_id: empty; every row needs one'],
    [
      'v,1,x,1,train,0,0,0,0,0,0,',
      'label.csv, line 3: video_id and clip_id "v/1" stand already in line 2; expected each once',
    ],
    [
      'v,2,x,1,train,0,0,0,0,0,0,audio/b.wav',
      'label.csv, line 3, column audio: no such file: "audio/b.wav", relative to the folder',
    ],
    [
      'v,2,x,1,train,0,0,0,0,0,0,../b.wav',
      'label.csv, line 3, column audio: expected a path inside the folder, found "../b.wav"',
    ],
    [
      'v,2,x,1,train,0,0,0,0,0,0,/etc/passwd',
      'label.csv, line 3, column audio: expected a path inside the folder, found "/etc/passwd"',
    ],
    ['v,2,x,1,train,0,0,0,0,0,0,audio', 'label.csv, line 3, column audio: expected a file, found that "audio" is none'],
    [
      'v,2,a, b,1,train,0,0,0,0,0,0,',
      'label.csv, line 3: expected 12 cells, found 13; a text with commas or quotes needs double quotes around it',
    ],
    [
      'v,2,"x,1,train,0,0,0,0,0,0,',
      'label.csv, line 3: a double quote is opened and never closed; a text with quotes needs double quotes around it, and each quote inside twice',
    ],
    [
      'v,2,a "b",1,train,0,0,0,0,0,0,',
      'label.csv, line 3: a double quote inside a cell; a text with quotes needs double quotes around it, and each quote inside twice',
    ],
    [
      'v,2,"b" c,1,train,0,0,0,0,0,0,',
      'label.csv, line 3: text after the double quote that closes a cell; a text with quotes needs double quotes around it, and each quote inside twice',
    ],
  ])('the row %s', async (row, expected) => {
    expect(await refusal(await labels(WITH_EMOTIONS, good, row))).toBe(expected);
  });

  test('a header that lacks a column, has it twice, or has some emotions', async () => {
    expect(await refusal(await labels('video_id;clip_id;text;label;mode', 'v;1;x;0;train'))).toBe(
      'label.csv, line 1: expected commas between the columns, found semicolons; save it as CSV with commas',
    );
    expect(await refusal(await labels(`${HEADER},text`, 'v,1,x,0,train,y'))).toMatch(
      /line 1: column "text" occurs twice/,
    );
    expect(await refusal(await labels(`${HEADER},happiness`, 'v,1,x,0,train,1'))).toMatch(
      /line 1: missing column sadness, .*expected all six/,
    );
  });

  test('a file that is empty, has no rows, is no UTF-8, or an LFS pointer', async () => {
    const labelled = async (content: string | Uint8Array) => refusal(await folderOf({ 'label.csv': content }));
    expect(await labelled('')).toBe('label.csv: the file is empty');
    expect(await labelled(`${HEADER}\n`)).toMatch(/^label\.csv: no rows/);
    expect(await labelled('\n\n')).toMatch(/^label\.csv: no rows/);
    expect(await labelled(Buffer.from(`${HEADER}\nv,1,caf\u00e9,0,train\n`, 'latin1'))).toBe(
      'label.csv, line 2: expected UTF-8, found another encoding; it looks like windows-1252: say --encoding windows-1252, or save it as UTF-8',
    );
    expect(await labelled(Buffer.from(`\ufeff${HEADER}\n`, 'utf16le'))).toMatch(/^label\.csv: no rows/);
    expect(await labelled('version https://git-lfs.github.com/spec/v1\n')).toMatch(/^label\.csv: a Git LFS pointer/);
  });

  test('a wrong row after texts of several lines, by the line it begins on', async () => {
    for (const end of ['\n', '\r\n']) {
      const lines = [HEADER, '', `v,1,"two${end}lines",0,train`, `v,2,"also${end}${end}three",9,train`, ''];
      expect(await refusal(await folderOf({ 'label.csv': lines.join(end) }))).toMatch(
        /^label\.csv, line 5, column label: /,
      );
    }
  });

  test('a folder that is none, or has no label.csv', async () => {
    await expect(readDataset(join(root, 'none'))).rejects.toThrow(`${join(root, 'none')}: no such folder`);
    const folder = await folderOf({ 'other.csv': 'x' });
    await expect(readDataset(folder)).rejects.toThrow(
      `${folder}: no data set that is known; expected one of label.csv, `,
    );
    await expect(readDataset(join(folder, 'other.csv'))).rejects.toThrow(
      'expected a folder with a data set, found a file',
    );
  });

  test('a link that leads out of the folder, but not one that stays inside', async () => {
    const secret = join(await folderOf({ 'secret.wav': WAV }), 'secret.wav');
    const folder = await labels(WITH_EMOTIONS, good, 'v,2,x,1,train,0,0,0,0,0,0,link.wav');
    await symlink('audio/a.wav', join(folder, 'link.wav'));
    expect((await readDataset(folder)).train[1]?.recording).toBe(join(folder, 'audio/a.wav'));
    await rm(join(folder, 'link.wav'));
    await symlink(secret, join(folder, 'link.wav'));
    expect(await refusal(folder)).toMatch(
      /column audio: expected a path inside the folder, found "link.wav", a link that leads out of it; --follow-links allows it$/,
    );
  });

  test('a video_id that leads out of the folder, and a recording that is empty', async () => {
    const outside = await folderOf({ 'label.csv': `${HEADER}\n..,x,hi,0,train\n` });
    expect(await refusal(outside)).toMatch(
      /line 2, columns video_id and clip_id: expected a path inside the folder, found "\.\.\/x\.wav"$/,
    );
    const empty = await folderOf({ 'label.csv': `${HEADER}\nv,x,hi,0,train\n`, 'v/x.wav': '' });
    expect(await refusal(empty)).toMatch(/line 2, columns video_id and clip_id: the file "v\/x\.wav" is empty$/);
  });
});
