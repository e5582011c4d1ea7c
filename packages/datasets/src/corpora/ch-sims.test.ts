import { join } from 'node:path';
import { makeWav } from '@mmolre/audio/test';
import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { loseFiles } from '../__fixtures__/lose-files';
import { temporaryFolders } from '../__fixtures__/temporary-folders';
import { readCorpus } from '../read-corpus';

const folderOf = temporaryFolders();
const WAV = makeWav([0, 0.5, 0, -0.5]);
const HEAD = 'video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode';
// Rows of our own.
const SMALL = {
  'label.csv': [
    HEAD,
    'video_0001,0001,今天很好。,0.2,0.4,0.0,0.2,Positive,train',
    'video_0001,0002,"不,不行。",-1.0,-0.8,-1.0,-0.6,Negative,valid',
    'video_0002,0001,嗯。,0.0,0.0,0.0,0.0,Neutral,test',
    '',
  ].join('\n'),
  'Raw/video_0001/0001.mp4': Buffer.from('a video'),
  'Raw/video_0001/0002.mp4': Buffer.from('a video'),
  'wav/video_0002/0001.wav': WAV,
};

test('label.csv with labels times 3, and its videos', async () => {
  const folder = await folderOf({ ...SMALL, 'label.csv': `\ufeff${SMALL['label.csv']}` });
  const { layout, samples, problems } = await readCorpus(folder);
  expect([layout, problems]).toEqual(['ch-sims', []]);
  expect(samples[0]).toEqual({
    id: 'video_0001/0001',
    videoId: 'video_0001',
    clipId: '0001',
    split: 'train',
    text: '今天很好。',
    sentiment: 0.6,
    video: join(folder, 'Raw/video_0001/0001.mp4'),
    origin: { file: 'label.csv', line: 2, sentiment: 'label.csv, line 2, times 3' },
  });
  expect(samples.map(({ id, split, text, sentiment }) => [id, split, text, sentiment])).toEqual([
    ['video_0001/0001', 'train', '今天很好。', 0.6],
    ['video_0001/0002', 'valid', '不,不行。', -3],
    ['video_0002/0001', 'test', '嗯。', 0],
  ]);
  expect(samples[2]!.recording).toBe(join(folder, 'wav/video_0002/0001.wav'));
});

test.each([
  ['gbk', ['label.csv: no UTF-8: read as gbk, as files of this data set are']],
  ['utf-16le', []],
])('the same in %s', async (encoding, told) => {
  const whole = await readCorpus(await folderOf(SMALL));
  const text = iconv.encode(SMALL['label.csv'], encoding, { addBOM: true });
  const folder = await folderOf({ ...SMALL, 'label.csv': text });
  const { layout, samples, problems } = await readCorpus(folder);
  const labels = (all: typeof samples) => all.map(({ recording, video, ...sample }) => sample);
  expect([layout, labels(samples)]).toEqual(['ch-sims', labels(whole.samples)]);
  expect(problems.map(({ severity, message }) => [severity, message.replace(`${folder}/`, '')])).toEqual(
    told.map((message) => ['warning', message]),
  );
});

test('clips whose zeros a table calculator has cut off are the same clips', async () => {
  const cut = SMALL['label.csv'].replace(/,000(\d),/g, ',$1,');
  const { samples, problems } = await readCorpus(await folderOf({ ...SMALL, 'label.csv': cut }));
  expect(samples.map(({ id, video, recording }) => [id, !!(video ?? recording)])).toEqual([
    ['video_0001/0001', true],
    ['video_0001/0002', true],
    ['video_0002/0001', true],
  ]);
  expect(problems).toEqual([]);
});

test.each([
  ["MOSI's label.csv, which has those columns empty", 'aB1,1,FINE,2.4,,,,Positive,train'],
  ['other videos', 'movie_1,1,fine,0.4,0.4,0.2,0.4,Positive,train'],
  ['another scale', 'video_0001,1,fine,2.4,2,3,2.4,Positive,train'],
])('%s: not taken for CH-SIMS, no label is multiplied', async (_, line) => {
  const { layout, samples } = await readCorpus(await folderOf({ 'label.csv': `${HEAD}\n${line}\n` }));
  expect([layout, samples[0]!.sentiment]).toEqual(['label-folder', Number(line.split(',')[3])]);
});

test('broken rows are named, and cost themselves alone', async () => {
  const folder = await folderOf({
    'label.csv': [
      HEAD,
      'video_0001,0001,好。,0.2,0.4,0.0,0.2,Negative,train',
      'video_0001,1,好。,0.2,0.4,0.0,0.2,Positive,train',
      'video_0001,0003,好。,1.2,0.4,0.0,0.2,Positive,train',
      'video_0001,0004,好。,0.2,0.4,0.0,0.2,Positive,dev',
      'video_0001,four,好。,0.2,0.4,0.0,0.2,Positive,train',
      'video_0001,0006,好。,0.2,0.4,0.0,0.2,Positive',
    ].join('\n'),
  });
  const { samples, problems } = await readCorpus(folder);
  expect(samples.map(({ id }) => id)).toEqual(['video_0001/0001']);
  const told = problems.map(({ kind, message }) => `${kind} ${message.replace(`${folder}/`, '')}`);
  expect(told.sort()).toEqual([
    'bad-row label.csv, line 5, column mode: expected train, valid, test, found "dev"',
    'bad-row label.csv, line 6: expected a video_id and the number of a clip, found "video_0001" and "four"',
    'bad-row label.csv, line 7: expected 9 cells, found 8',
    'duplicate-id label.csv, line 3: clip "video_0001/0001" stands already in line 2',
    'label-range label.csv, line 4, column label: expected a number from -1 to 1, found "1.2"',
    'mismatch label.csv, line 2: label 0.6, but its annotation is "Negative"',
    `no-audio ${folder}: no recordings in this folder: its 1 samples are text only`,
  ]);
});

test('a lost file costs its own samples alone, and is told', async () => {
  const [first, second, third] = ['video_0001/0001', 'video_0001/0002', 'video_0002/0001'];
  const all = { lost: [first, second, third], silent: [], unlabelled: [], problems: 1 };
  const sound = (id: string | undefined) => ({ lost: [], silent: [id], unlabelled: [], problems: 1 });
  expect(await loseFiles(folderOf, SMALL)).toEqual({
    'label.csv removed': all,
    'label.csv empty': all,
    'label.csv a pointer': all,
    'Raw/video_0001/0001.mp4 removed': sound(first),
    'Raw/video_0001/0001.mp4 empty': sound(first),
    'Raw/video_0001/0002.mp4 removed': sound(second),
    'Raw/video_0001/0002.mp4 empty': sound(second),
    'wav/video_0002/0001.wav removed': sound(third),
    'wav/video_0002/0001.wav empty': sound(third),
  });
});
