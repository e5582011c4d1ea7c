import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWav } from '@mmolre/audio/test';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { loseFiles } from './__fixtures__/lose-files';
import { readFixture, temporaryFolders } from './__fixtures__/temporary-folders';
import { readDataset } from './dataset';
import { countLost } from './problem';
import { type Corpus, readCorpus } from './read-corpus';

// Which samples go with a file that cannot be read: its own, and no others.

const folderOf = temporaryFolders();

const MELD_HEAD = 'Utterance,Emotion,Sentiment,Dialogue_ID,Utterance_ID';
const turns = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${name}_F00${i} [00${i}.1000-00${i}.9000]: Words number ${i}, é.\n`).join(
    '',
  );
const judged = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `[${i}.1000 - ${i}.9000]\t${name}_F00${i}\tneu\t[2.5, 2.5, 2.5]\n`).join('');
const session = (n: number, count: number) => {
  const name = `Ses0${n}F_impro01`;
  return {
    [`Session${n}/dialog/transcriptions/${name}.txt`]: turns(name, count),
    [`Session${n}/dialog/EmoEvaluation/${name}.txt`]: judged(name, count),
  };
};

const corpora = {
  iemocap: {
    files: { ...session(1, 3), ...session(2, 4), ...session(5, 2) },
    lost: {
      'Session1/dialog/transcriptions/Ses01F_impro01.txt': 3,
      'Session2/dialog/transcriptions/Ses02F_impro01.txt': 4,
      'Session5/dialog/transcriptions/Ses05F_impro01.txt': 2,
      // Its samples are there without labels.
      'Session2/dialog/EmoEvaluation/Ses02F_impro01.txt': 0,
    },
  },
  goemotions: {
    files: {
      'train.tsv': 'é one\t5\ta1\nfine two\t27\ta2\nthree\t3\ta3\n',
      'dev.tsv': 'é four\t5\tb1\n',
      'test.tsv': 'é five\t5\tc1\nsix\t27\tc2\n',
    },
    lost: { 'train.tsv': 3, 'dev.tsv': 1, 'test.tsv': 2 },
  },
  meld: {
    files: {
      'train_sent_emo.csv': `${MELD_HEAD}\né one,joy,positive,0,0\ntwo,anger,negative,0,1\n`,
      'dev_sent_emo.csv': `${MELD_HEAD}\né three,neutral,neutral,0,0\n`,
      'test_sent_emo.csv': `${MELD_HEAD}\né four,joy,positive,0,0\nfive,fear,negative,1,0\nsix,joy,positive,2,0\n`,
    },
    lost: { 'train_sent_emo.csv': 2, 'dev_sent_emo.csv': 1, 'test_sent_emo.csv': 3 },
  },
  vader: {
    files: { 'a_GroundTruth.txt': '1\t2.2\té fine\n2\t-3.1\tdull\n', 'b_GroundTruth.txt': '1\t1.5\té so so\n' },
    lost: { 'a_GroundTruth.txt': 2, 'b_GroundTruth.txt': 1 },
  },
};

const errorsOf = ({ problems }: Pick<Corpus, 'problems'>) => problems.filter(({ severity }) => severity === 'error');

/** What becomes of a file. */
const faults: Record<string, (path: string) => Promise<void>> = {
  empty: (path) => writeFile(path, ''),
  'a Git LFS pointer': (path) => writeFile(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'),
};

describe.each(Object.entries(corpora))('%s', (layout, { files, lost }) => {
  const cases = Object.entries(lost).flatMap(([file, count]) =>
    Object.keys(faults).map((fault) => [file, fault, count] as const),
  );
  test.each(cases)('%s %s', async (file, fault, count) => {
    const folder = await folderOf(files);
    const whole = await readCorpus(folder);
    expect([whole.layout, errorsOf(whole)]).toEqual([layout, []]);
    await faults[fault]!(join(folder, file));
    const { samples, problems } = await readCorpus(folder);
    const ids = new Set(samples.map(({ id }) => id));
    const gone = whole.samples.filter(({ id }) => !ids.has(id));
    expect(gone).toHaveLength(count);
    expect(gone.every(({ origin }) => origin!.file === file)).toBe(true);
    expect(errorsOf({ problems })).toMatchObject([{ file, message: expect.stringContaining(join(folder, file)) }]);
    expect(countLost(samples, problems, false).lost).toBeGreaterThan(0);
    await expect(readDataset(folder)).rejects.toThrow(/samples are lost, and --max-lost allows 1 %/);
    expect((await readDataset(folder, { maxLost: 80 })).loss.lost).toBeGreaterThan(0);
  });

  test.each(['utf-16le', 'utf-16be'])('every file in %s with a mark is read as it is', async (encoding) => {
    const folder = await folderOf(files);
    const whole = await readCorpus(folder);
    for (const file of Object.keys(files)) {
      const path = join(folder, file);
      await writeFile(path, iconv.encode(await readFile(path, 'utf8'), encoding, { addBOM: true }));
    }
    const read = await readCorpus(folder);
    expect([read.samples, errorsOf(read)]).toEqual([whole.samples, []]);
  });

  test('nothing left is an error that names the file', async () => {
    const folder = await folderOf(files);
    for (const file of Object.keys(files)) await writeFile(join(folder, file), '');
    await expect(readDataset(folder, { maxLost: 100 })).rejects.toThrow(/: the file is empty/);
    await rm(folder, { recursive: true });
    await expect(readDataset(folder)).rejects.toThrow('no such folder');
  });
});

const LABEL_HEAD = 'video_id,clip_id,text,label,mode';
const clip = (n: number) => makeWav([0, n / 10, 0.5]);
const samples = (...lost: string[]) => ({ lost, silent: [], unlabelled: [], problems: 1 });
const sound = (id: string) => ({ lost: [], silent: [id], unlabelled: [], problems: 1 });
const both = (file: string, loss: object) => ({ [`${file} removed`]: loss, [`${file} empty`]: loss });

test('label.csv and recordings, which cost their own sound alone', async () => {
  const files = {
    'label.csv': `${LABEL_HEAD}\nv1,1,one,1,train\nv1,2,two,0,valid\nv2,1,three,-1,test\n`,
    'v1/1.wav': clip(1),
    'wav/v1/2.wav': clip(2),
    'Raw/v2/1.mp4': clip(3),
  };
  const all = samples('v1/1', 'v1/2', 'v2/1');
  expect(await loseFiles(folderOf, files)).toEqual({
    ...both('label.csv', all),
    'label.csv a pointer': all,
    ...both('v1/1.wav', sound('v1/1')),
    ...both('wav/v1/2.wav', sound('v1/2')),
    ...both('Raw/v2/1.mp4', sound('v2/1')),
  });
});

test("EmoDB's recordings, which are its samples", async () => {
  const files = { 'wav/03a01Fa.wav': clip(1), 'wav/13b02Wb.wav': clip(2) };
  expect(await loseFiles(folderOf, files)).toEqual({
    'wav/03a01Fa.wav removed': { ...samples('03/03a01Fa'), problems: 0 },
    'wav/03a01Fa.wav empty': sound('03/03a01Fa'),
    'wav/13b02Wb.wav removed': { ...samples('13/13b02Wb'), problems: 0 },
    'wav/13b02Wb.wav empty': sound('13/13b02Wb'),
  });
});

test("MOSEI's label.csv, label file and times: without the latter two there are no emotions", async () => {
  const files = {
    'label.csv': `${LABEL_HEAD}\nvid_A,0,first,2,train\nvid_A,1,second,0,train\n`,
    'CMU_MOSEI_Labels.csd': await readFixture('labels.csd'),
    'Raw/Transcript/Segmented/Combined/vid_A.txt': 'vid_A___0___0.0___4.02___first\nvid_A___1___4.05___8.46___second\n',
  };
  for (const [file, count] of [
    ['label.csv', 0],
    ['CMU_MOSEI_Labels.csd', 2],
    ['Raw/Transcript/Segmented/Combined/vid_A.txt', 2],
  ] as const) {
    const { samples, problems } = await readCorpus(await folderOf({ ...files, [file]: '' }));
    expect([file, samples.length, samples.filter(({ emotions }) => emotions)]).toEqual([file, count, []]);
    expect(errorsOf({ problems })).toMatchObject([{ message: expect.stringContaining(`${file}: the file is empty`) }]);
  }
});

test("the SDK's files: labels and folds are all samples, words are their texts", async () => {
  const files = {
    'CMU_MOSEI_Labels.csd': await readFixture('labels.csd'),
    'CMU_MOSEI_TimestampedWords.csd': await readFixture('words.csd'),
    'standard_folds.json': JSON.stringify({ train: ['vid_A'], valid: ['lone'], test: ['vid_B'] }),
  };
  const all = (await readCorpus(await folderOf(files))).samples.map(({ id }) => id);
  expect(all).toHaveLength(6);
  expect(await loseFiles(folderOf, files, ['empty'])).toEqual({
    'CMU_MOSEI_Labels.csd empty': samples(...all),
    'CMU_MOSEI_TimestampedWords.csd empty': samples(),
    'standard_folds.json empty': samples(...all),
  });
});

test("of MMSA's pickles only the first gives samples", async () => {
  const pickle = await readFixture('features-4.pkl');
  const files = { 'aligned_50.pkl': pickle, 'unaligned_50.pkl': pickle };
  const all = (await readCorpus(await folderOf(files))).samples.map(({ id }) => id);
  expect(await loseFiles(folderOf, files, ['empty'])).toEqual({
    'aligned_50.pkl empty': samples(...all),
    'unaligned_50.pkl empty': samples(),
  });
});
