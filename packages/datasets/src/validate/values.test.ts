import { readFileSync } from 'node:fs';
import { mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeWav } from '@mmolre/audio/test';
import { expect, test } from 'vitest';
import { sharedData, temporaryFolders } from '../__fixtures__/temporary-folders';
import { readDataset } from '../dataset';
import { identifyCorpus, isAsPublished } from './identify';
import { inspectFolder, validateFolder } from './inspect';

const folderOf = temporaryFolders();
const HEAD = 'video_id,clip_id,text,label,mode';
const csv = (rows: readonly string[]) => `${[HEAD, ...rows].join('\n')}\n`;
const told = async (rows: readonly string[]) => {
  const folder = await folderOf({ 'label.csv': csv(rows) });
  const { problems } = await inspectFolder(folder);
  return problems
    .filter(({ kind }) => kind !== 'no-audio')
    .map(({ kind, message }) => `${kind}: ${message.replaceAll(`${folder}/`, '').replaceAll(folder, 'd')}`);
};
const rated = (label: (i: number) => number, count = 40) =>
  Array.from({ length: count }, (_, i) => `v${i},1,text ${i},${label(i)},train`);

test.each([
  [
    '-1 to 1',
    (i: number) => ((i % 11) - 5) / 5,
    'reach from -1 to 1, of -3 to 3: a scale from -1 to 1 has to be multiplied by 3',
  ],
  ['0 to 3', (i: number) => i % 4, 'reach from 0 to 3, of -3 to 3: none is negative; another scale?'],
])('labels of a narrower scale: %s', async (_, label, what) => {
  expect(await told(rated(label))).toEqual([`label-scale: label.csv: 40 labels ${what}`]);
  expect(await told(rated(label, 20))).toEqual([]);
});

test('labels beyond the scale are one cause', async () => {
  const folder = await folderOf({ 'label.csv': csv(rated((i) => i % 11)) });
  const { problems } = await inspectFolder(folder);
  expect(problems.find(({ kind }) => kind === 'label-range')!.message).toBe(
    `${folder}/label.csv, line 6, column label: expected a number from -3 to 3 or nothing, found "4"; the labels reach from 0 to 10: another scale`,
  );
});

test('ids that a spreadsheet has changed', async () => {
  const ids = ['1.23E+15', '#NAME?', '02-Mar', 'Sep-07', '7.0', '2iD-tVS8NPw', '03bSnISJMiM', '1E5', 'May', '12-3'];
  expect(await told(ids.map((id, i) => `${id},${i},text,0,train`))).toEqual([
    'odd-id: label.csv, line 2: the id "1.23E+15" looks like a number in scientific notation, made by a spreadsheet',
    'odd-id: label.csv, line 3: the id "#NAME?" looks like the error of a formula, made by a spreadsheet',
    'odd-id: label.csv, line 4: the id "02-Mar" looks like a date, made by a spreadsheet',
    'odd-id: label.csv, line 5: the id "Sep-07" looks like a date, made by a spreadsheet',
    'odd-id: label.csv, line 6: the id "7.0" looks like a whole number written as a decimal one, made by a spreadsheet',
  ]);
});

test('splits with other counts than published, of a set that is known by its videos', async () => {
  const speech = readFileSync(new URL('../../../../data/review-speech/label.csv', import.meta.url), 'utf8');
  const rows = speech
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/,[^,]*$/, ''));
  const last = rows.findLastIndex((row) => /,valid,/.test(row));
  rows[last] = rows[last]!.replace(',valid,', ',train,');
  const folder = await folderOf({ 'label.csv': rows.join('\n') });
  const { corpus, problems } = await inspectFolder(folder);
  expect(corpus).toBe('review-speech');
  expect(problems.filter(({ kind }) => kind === 'counts')[0]!.message).toBe(
    `${folder}: review-speech by its content, but with 4223 of train, published are 4222; 602 of valid, published are 603`,
  );
});

test('links are followed where it is asked for, and never in a circle', async () => {
  const [folder, disk] = [
    await folderOf({ 'label.csv': csv(['v1,1,one,0,train', 'v2,1,two,1,test']), 'v1/1.wav': makeWav([0, 0.5]) }),
    await folderOf({ '1.wav': makeWav([0, 0.25]) }),
  ];
  await symlink(disk, join(folder, 'v2'));
  await symlink(folder, join(folder, 'v1/again'));
  const kinds = async (followLinks: boolean) =>
    (await inspectFolder(folder, { followLinks })).problems.map(({ kind, line }) => [kind, line]);
  expect(await kinds(false)).toEqual([['outside-folder', 3]]);
  expect(await kinds(true)).toEqual([]);
});

test('a semicolon between columns, and decimal commas', async () => {
  const folder = await folderOf({
    'label.csv': 'video_id;clip_id;text;label;mode\nv1;1;"fine, yes";1,5;train\n',
    'v1/1.wav': makeWav([0, 0.5]),
    'v1/2.wav': makeWav([0, 0.5]),
  });
  const { problems } = await inspectFolder(folder);
  expect(problems.map(({ message }) => message)).toEqual([
    `${folder}/label.csv, line 1: expected commas between the columns, found semicolons; save it as CSV with commas`,
  ]);
  expect(await told(['v,1,fine,"1,5",train'])).toEqual([
    'label-range: label.csv, line 2, column label: expected a number from -3 to 3 or nothing, found "1,5", with a decimal comma: write a point',
  ]);
});

test('the same clip under two names', async () => {
  const clip = makeWav([0, 0.25, 0.5]);
  const folder = await folderOf({
    'label.csv': csv(['v1,1,one,0,train', 'v2,1,two,1,test', 'v3,1,three,1,train']),
    'v1/1.wav': clip,
    'v2/1.wav': clip,
    'v3/1.wav': makeWav([0, 0.25, 0.75]),
  });
  const { problems } = await validateFolder(folder);
  expect(problems.map(({ kind, line, message }) => [kind, line, message])).toEqual([
    ['same-clip', 3, `${folder}/v2/1.wav: the same clip as "v1/1.wav", in train and in test`],
  ]);
});

test("a folder's name does not make it a known data set", async () => {
  const parent = await mkdtemp(join(tmpdir(), 'mmolre-named-'));
  const folder = await folderOf({ 'label.csv': csv(rated((i) => (i % 7) - 3)) });
  await symlink(folder, join(parent, 'CMU-MOSI'));
  expect((await inspectFolder(join(parent, 'CMU-MOSI'))).corpus).toBeUndefined();
  expect((await readDataset(join(parent, 'CMU-MOSI'))).corpus).toBeUndefined();
});

const folds = sharedData('cmu-mosi');
test.skipIf(!folds)('MOSI and MOSEI are known by their videos, and other splits are remarked on', async () => {
  for (const name of ['mosi', 'mosei'] as const) {
    const videos: Record<'train' | 'valid' | 'test', string[]> = JSON.parse(
      readFileSync(join(sharedData(`cmu-${name}`)!, 'standard_folds.json'), 'utf8'),
    );
    const samples = (['train', 'valid', 'test'] as const).flatMap((split) =>
      videos[split].map((videoId) => ({ id: `${videoId}/1`, videoId, clipId: '1', split, text: '' })),
    );
    expect(identifyCorpus({ layout: 'label-folder', samples })).toBe(name);
    expect(identifyCorpus({ layout: 'label-folder', samples: samples.filter(({ split }) => split === 'test') })).toBe(
      name,
    );
    const foreign = samples.map((sample) => ({ ...sample, videoId: `x${sample.videoId}` }));
    expect(identifyCorpus({ layout: 'label-folder', samples: foreign })).toBeUndefined();
    const rows = samples.map(({ videoId, split }, i) => `${videoId},1,text ${i},0,${i === 0 ? 'test' : split}`);
    expect((await told(rows)).filter((line) => line.startsWith('counts'))).toEqual([
      ...(name === 'mosi'
        ? [
            `counts: d: mosi by its videos, but 1 samples are in another split than published, such as video "${samples[0]!.videoId}" in test, not train`,
          ]
        : []),
    ]);
  }
});

test('figures are compared where a split has as many samples as published', () => {
  expect([
    isAsPublished('mosi', 'test', 686),
    isAsPublished('mosi', 'test', 685),
    isAsPublished('mosi', 'valid', 229),
  ]).toEqual([true, false, true]);
});
