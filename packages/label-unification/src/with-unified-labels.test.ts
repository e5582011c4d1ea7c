import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sample } from '@mmolre/datasets';
import { expect, test } from 'vitest';
import { parseUnifiedCsv } from './unified-csv';
import { datasetWithUnifiedLabels, withUnifiedLabels } from './with-unified-labels';

const sample = (clipId: string, split: Sample['split'], emotions?: number[]): Sample => ({
  id: `v/${clipId}`,
  videoId: 'v',
  clipId,
  split,
  text: 'a text',
  sentiment: -1,
  ...(emotions && { emotions }),
  origin: {
    file: 'label.csv',
    line: 2,
    sentiment: 'label.csv, line 2',
    ...(emotions && { emotions: 'label.csv, line 2' }),
  },
});
const rows = (...lines: string[]) =>
  parseUnifiedCsv(
    `target_id,split,polarity,emotions,source_id,source_set,source_text,similarity,second_similarity\n${lines.join('\n')}\n`,
    'u.csv',
  );
const emotionsOf = ({ samples }: { samples: Sample[] }) => samples.map(({ emotions }) => emotions?.join(''));

test('training samples get them, in place of their own, and say where they are from', () => {
  const samples = [
    sample('1', 'train'),
    sample('2', 'train', [1, 0, 0, 0, 0, 0]),
    sample('3', 'train', [1, 0, 0, 0, 0, 0]),
  ];
  const found = withUnifiedLabels(
    samples,
    rows(
      'v/1,train,negative,anger+fear,meld:a,meld,t,0.75,0.5',
      'v/2,train,negative,none,meld:b,meld,t,0.5,',
      'v/3,train,negative,,meld:c,meld,t,0.1,',
    ),
    { name: 'u.csv' },
  );
  expect(emotionsOf(found)).toEqual(['001001', '000000', undefined]);
  expect(found.samples[0]!.origin).toEqual({
    file: 'label.csv',
    line: 2,
    sentiment: 'label.csv, line 2',
    emotions: 'u.csv, line 2: meld:a, cosine 0.750',
  });
  expect(found.samples[2]!.origin).toEqual({ file: 'label.csv', line: 2, sentiment: 'label.csv, line 2' });
  expect(found).toMatchObject({ labelled: 2, unlabelled: 1, kept: 0, warning: undefined });
  expect(samples[1]!.emotions).toEqual([1, 0, 0, 0, 0, 0]);
});

test('a training sample that was no target keeps the emotions of its own', () => {
  const samples = [sample('1', 'train'), sample('2', 'train', [1, 0, 0, 0, 0, 0]), sample('3', 'train')];
  const found = withUnifiedLabels(samples, rows('v/1,train,negative,fear,meld:a,meld,t,0.75,'));
  expect(emotionsOf(found)).toEqual(['000001', '100000', undefined]);
  expect(found.samples.slice(1)).toEqual(samples.slice(1));
  expect(found).toMatchObject({ labelled: 1, unlabelled: 0, kept: 2 });
});

test("several rows of a target, as UniMSE's rule gives, are joined", () => {
  const lines = ['v/1,train,negative,anger,meld:a,meld,t,0.75,', 'v/1,train,negative,fear,iemocap:b,iemocap,t,0.5,'];
  const found = withUnifiedLabels([sample('1', 'train')], rows(...lines));
  expect(emotionsOf(found)).toEqual(['001001']);
  expect(found.samples[0]!.origin!.emotions).toContain('iemocap:b');
});

test('validation and test samples never get them, though the file has them', () => {
  const own = [0, 1, 0, 0, 0, 0];
  const samples = [sample('1', 'train'), sample('2', 'valid', own), sample('3', 'test')];
  const lines = [
    'v/1,train,negative,anger,s:a,s,t,0.5,',
    'v/2,valid,negative,fear,s:b,s,t,0.5,',
    'v/3,test,negative,fear,s:c,s,t,0.5,',
  ];
  const found = withUnifiedLabels(samples, rows(...lines));
  expect(emotionsOf(found)).toEqual(['001000', '010000', undefined]);
  expect(found.samples.slice(1)).toEqual(samples.slice(1));
  expect(found.warning).toBeUndefined();

  const asked = withUnifiedLabels(samples, rows(...lines), { evaluation: true });
  expect(emotionsOf(asked)).toEqual(['001000', '000001', '000001']);
  expect(asked.warning).toBe(
    '2 validation and test samples have unified labels, which follow from their gold polarity: no score of emotion is a result',
  );
});

test('a file of another data set is refused', () => {
  const samples = [sample('1', 'train')];
  expect(() => withUnifiedLabels(samples, rows('w/1,train,negative,anger,s:a,s,t,0.5,'), { name: 'u.csv' })).toThrow(
    'u.csv, line 2: "w/1" of train: the data set has no sample of that id; make the labels again for it',
  );
  expect(() => withUnifiedLabels(samples, rows('v/1,test,negative,anger,s:a,s,t,0.5,'))).toThrow(
    'the data set has a sample of train',
  );
});

test('a data set that is split already, and a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mmolre-labels-'));
  try {
    const file = join(folder, 'u.csv');
    const head = 'target_id,split,polarity,emotions,source_id,source_set,source_text,similarity,second_similarity';
    writeFileSync(file, `${head}\nv/2,train,negative,fear,s:a,s,t,0.5,\nv/3,test,negative,fear,s:b,s,t,0.5,\n`);
    const dataset = {
      folder,
      corpus: undefined,
      warnings: [],
      loss: { lost: 0, of: 3 },
      train: [sample('1', 'train'), sample('2', 'train')],
      valid: [],
      test: [sample('3', 'test')],
    };
    const found = await datasetWithUnifiedLabels(dataset, file);
    expect(found).toMatchObject({ labelled: 1, unlabelled: 0, kept: 1, warning: undefined });
    const same = { name: file, csv: readFileSync(file, 'utf8') };
    expect(await datasetWithUnifiedLabels(dataset, same)).toEqual(found);
    expect(found.dataset.train.map(({ id, emotions }) => [id, emotions])).toEqual([
      ['v/1', undefined],
      ['v/2', [0, 0, 0, 0, 0, 1]],
    ]);
    expect([found.dataset.folder, found.dataset.valid, found.dataset.test]).toEqual([folder, [], dataset.test]);
    const asked = await datasetWithUnifiedLabels(dataset, file, { evaluation: true });
    expect(asked.dataset.test[0]!.emotions).toEqual([0, 0, 0, 0, 0, 1]);
    expect(asked.warning).toContain('no score of emotion is a result');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
