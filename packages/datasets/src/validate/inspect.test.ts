import { readFileSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeWav } from '@mmolre/audio/test';
import { describe, expect, test } from 'vitest';
import { audioFixture, temporaryFolders } from '../__fixtures__/temporary-folders';
import { inspectFolder, validateFolder } from './inspect';

const folderOf = temporaryFolders();
const WAV = makeWav([0, 0.5, 0, -0.5]);
const HEAD = 'video_id,clip_id,text,label,mode';
const reviewSpeech = fileURLToPath(new URL('../../../../data/review-speech', import.meta.url));

/** Problems as "severity kind message", without the folder's own path. */
const told = (folder: string, problems: { severity: string; kind: string; message: string }[]) =>
  problems.map(({ severity, kind, message }) => `${severity} ${kind} ${message.replaceAll(`${folder}/`, '')}`);

describe('the default data set', () => {
  test('has its published counts and no problems', async () => {
    const { layout, corpus, counts, problems, lengths } = await validateFolder(reviewSpeech);
    expect([layout, corpus, problems]).toEqual(['label-folder', 'review-speech', []]);
    expect(counts[0]).toEqual({
      kind: 'samples',
      found: { train: 4_222, valid: 603, test: 1_207, all: 6_032 },
      published: { train: 4_222, valid: 603, test: 1_207 },
    });
    expect(lengths).toMatchObject({ recordings: 464, shortest: 2, longest: 2 });
  });

  test('with one row broken in each of ten ways gives ten problems that name the line', async () => {
    const folder = await folderOf({});
    await symlinkAudio(folder);
    const lines = readFileSync(join(reviewSpeech, 'label.csv'), 'utf8').split('\n');
    const change = (line: number, edit: (cells: string[]) => void) => {
      const cells = lines[line - 1]!.split(',');
      // Only lines without a quoted text are broken, so that a cell is a cell.
      expect(cells).toHaveLength(13);
      edit(cells);
      lines[line - 1] = cells.join(',');
    };
    const plain = lines.flatMap((line, i) => (i > 0 && line.split(',').length === 13 ? [i + 1] : []));
    const [a, b, c, d, e, f, g, h, i, j] = [3, 40, 80, 120, 160, 200, 240, 280, 320, 360].map((n) => plain[n]!) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    change(a, (cells) => (cells[3] = '3.5'));
    change(b, (cells) => (cells[3] = 'good'));
    change(c, (cells) => (cells[4] = 'dev'));
    change(d, (cells) => (cells[7] = ''));
    change(e, (cells) => (cells[0] = ''));
    change(f, (cells) => (cells[11] = 'audio/none.opus'));
    change(g, (cells) => (cells[11] = '../../secret.wav'));
    change(h, (cells) => (cells[2] = `"${cells[2]}`));
    change(i, (cells) => cells.splice(2, 0, 'one cell more'));
    const [video, clip] = lines[plain[0]! - 1]!.split(',');
    change(j, (cells) => cells.splice(0, 2, video!, clip!));
    await writeFile(join(folder, 'label.csv'), lines.join('\n'));

    const { problems, counts } = await inspectFolder(folder, { corpus: 'review-speech' });
    const errors = problems.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ file, line, kind }) => [file, line, kind])).toEqual([
      ['label.csv', a, 'label-range'],
      ['label.csv', b, 'label-range'],
      ['label.csv', c, 'bad-row'],
      ['label.csv', d, 'bad-row'],
      ['label.csv', e, 'bad-row'],
      ['label.csv', f, 'missing-audio'],
      ['label.csv', g, 'outside-folder'],
      ['label.csv', h, 'bad-row'],
      ['label.csv', i, 'bad-row'],
      ['label.csv', j, 'duplicate-id'],
    ]);
    for (const { line, message } of errors) expect(message).toContain(`${folder}/label.csv, line ${line}`);
    // Two have only lost their recording.
    expect(counts[0]!.found.all).toBe(6_032 - 8);
  });

  async function symlinkAudio(folder: string) {
    await mkdir(join(folder, 'audio'));
    for (const name of new Set(readFileSync(join(reviewSpeech, 'label.csv'), 'utf8').match(/audio\/\w+\.opus/g))) {
      await writeFile(join(folder, name), readFileSync(join(reviewSpeech, name)));
    }
  }
});

test('a row in another encoding and a row after an unclosed quote are named, and the others are read', async () => {
  const rows = [
    HEAD,
    'v,1,fine,0,train',
    'v,2,caf\u00e9,0,train',
    'v,3,"open,0,train',
    'v,4,"a, b",0,train',
    'v,5,end,0,train',
    '',
  ];
  const folder = await folderOf({ 'label.csv': Buffer.from(rows.join('\n'), 'latin1') });
  const { problems, counts } = await inspectFolder(folder);
  expect(told(folder, problems)).toEqual([
    'error bad-row label.csv, line 3: expected UTF-8, found another encoding; it looks like windows-1252: say --encoding windows-1252, or save it as UTF-8',
    'error bad-row label.csv, line 4: a double quote is opened and closed only in line 5, where text follows; a text with quotes needs double quotes around it, and each quote inside twice',
    `warning no-audio ${folder}: no recordings in this folder: its 3 samples are text only`,
  ]);
  expect(counts[0]!.found.all).toBe(3);
});

describe('recordings', () => {
  test('that are missing, cut off, empty, no audio, pointers or unused', async () => {
    const ids = ['good', 'cut', 'empty', 'text', 'pointer', 'missing'];
    const folder = await folderOf({
      'label.csv': [HEAD, ...ids.map((id) => `v,${id},x,0,train`), ''].join('\n'),
      'v/good.wav': WAV,
      'v/cut.wav': WAV.subarray(0, WAV.length - 2),
      'v/empty.wav': '',
      'v/text.wav': 'just a text, no audio at all',
      'v/pointer.wav': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
      'v/stray.wav': WAV,
    });
    const { problems, lengths } = await validateFolder(folder);
    expect(told(folder, problems)).toEqual([
      'error corrupt-audio v/cut.wav: truncated: its header claims 8 bytes of samples, 6 are there; label.csv, line 3 names it',
      'error corrupt-audio label.csv, line 4, columns video_id and clip_id: the file "v/empty.wav" is empty',
      expect.stringMatching(/^error corrupt-audio v\/text\.wav: not audio: .*; label\.csv, line 5 names it$/),
      expect.stringMatching(/^error lfs-pointer v\/pointer\.wav: a Git LFS pointer.*; label\.csv, line 6 names it$/),
      'warning no-audio label.csv, line 7: no recording; looked for "v/missing.wav", also under wav and Raw',
      'warning no-row v/empty.wav: no sample uses this recording',
      'warning no-row v/stray.wav: no sample uses this recording',
    ]);
    expect(lengths).toEqual({ recordings: 1, seconds: 4 / 16_000, shortest: 4 / 16_000, longest: 4 / 16_000 });
    expect(problems.slice(0, 4).map(({ line }) => line)).toEqual([3, 4, 5, 6]);
  });

  test('whose header is whole and whose rest is damaged: only a deep look finds that', async () => {
    const flac = readFileSync(audioFixture('tone.flac'));
    const folder = await folderOf({
      'label.csv': `${HEAD}\nv,1,x,0,train\n`,
      'v/1.flac': flac.subarray(0, flac.length / 2),
    });
    expect((await validateFolder(folder)).problems).toEqual([]);
    const { problems } = await validateFolder(folder, { deep: true });
    expect(problems.map(({ kind, line }) => [kind, line])).toEqual([['corrupt-audio', 2]]);
  });

  test('longer than is allowed, not readable, or a link to a device, end in problems', async () => {
    const folder = await folderOf({
      'label.csv': `${HEAD}\nv,1,x,0,train\nv,2,y,0,train\nv,3,z,0,train\n`,
      'v/1.wav': WAV,
      'v/2.wav': makeWav([0, 0.25, 0, 0.25]),
    });
    await symlink('/dev/zero', join(folder, 'v/3.wav'));
    if (process.getuid?.() !== 0) await chmod(join(folder, 'v/2.wav'), 0o000);
    const { problems } = await validateFolder(folder, { maxSeconds: 1e-4 });
    expect(problems.map(({ kind, line }) => [kind, line])).toEqual([
      ['corrupt-audio', 2],
      ['corrupt-audio', 3],
      ['outside-folder', 4],
    ]);
  });
});

describe('leakage', () => {
  test('a video, a recording and a longer text in two splits', async () => {
    const folder = await folderOf({
      'label.csv': [
        `${HEAD},audio`,
        'v1,1,This is what they said,0,train,a.wav',
        'v1,2,yes,0,valid,',
        'v2,1,"this is what, they said!",0,test,',
        'v3,1,yes,0,test,a.wav',
        'v3,2,no,0,test,a.wav',
      ].join('\n'),
      'a.wav': WAV,
    });
    const { problems } = await inspectFolder(folder);
    expect(told(folder, problems)).toEqual([
      'error leakage label.csv, line 3: the video "v1" of valid is in train too, label.csv, line 2',
      'error leakage label.csv, line 5: the recording "a.wav" of test is in train too, label.csv, line 2',
      'warning leakage label.csv, line 4: the text "this is what, they said!" of test is in train too, label.csv, line 2',
    ]);
  });

  test('single comments are no videos: an id that is in two splits is told once, as such', async () => {
    const folder = await folderOf({ 'train.tsv': 'a\t0\tx\n', 'dev.tsv': 'b\t0\tx\n' });
    expect((await inspectFolder(folder)).problems.map(({ kind }) => kind)).toEqual(['duplicate-id']);
  });
});

test('the six clips of MOSEI that are known to be corrupt are named', async () => {
  const bad = [
    '3aIQUQgawaI,12',
    '94ULum9MYX0,2',
    '94ULum9MYX0,11',
    'mRnEJOLkhp8,24',
    'mRnEJOLkhp8,26',
    'aE-X_QdDaqQ,3',
  ];
  const folder = await folderOf({
    'label.csv': [HEAD, 'v,1,x,0,train', ...bad.map((id) => `${id},x,0,train`)].join('\n'),
  });
  const { problems, counts } = await inspectFolder(folder, { corpus: 'mosei' });
  expect(problems.filter(({ kind }) => kind === 'known-bad').map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8]);
  expect(counts[0]!.published).toEqual({ train: 16_326, valid: 1_871, test: 4_659 });
});

test('20,000 samples are indexed and their headers read with under 500 MB', { timeout: 300_000 }, async () => {
  const count = 20_000;
  const folder = await folderOf({});
  const rows = [HEAD];
  for (let video = 0; video < count / 100; video++) {
    await mkdir(join(folder, `v${video}`));
    for (let clip = 0; clip < 100; clip++) {
      rows.push(
        `v${video},${clip},text number ${clip} of video ${video},${(clip % 7) - 3},${video % 10 === 0 ? 'test' : 'train'}`,
      );
    }
    await Promise.all(
      Array.from({ length: 100 }, (_, clip) =>
        writeFile(join(folder, `v${video}/${clip}.wav`), makeWav([video / 200, clip / 100])),
      ),
    );
  }
  await writeFile(join(folder, 'label.csv'), rows.join('\n'));
  const before = process.memoryUsage.rss();
  let [most, heard] = [0, 0];
  const { counts, lengths, problems } = await validateFolder(folder, {
    onProgress: () => {
      heard += 1;
      most = Math.max(most, process.memoryUsage.rss() - before);
    },
  });
  expect([counts[0]!.found.all, lengths!.recordings, problems.length]).toEqual([count, count, 0]);
  expect(heard).toBe(count);
  expect(most).toBeLessThan(500e6);
});
