import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { temporaryFolders } from './__fixtures__/temporary-folders';
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
