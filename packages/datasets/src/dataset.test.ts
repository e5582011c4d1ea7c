import { join } from 'node:path';
import { makeWav } from '@mmolre/audio/test';
import { expect, test } from 'vitest';
import { readFixture, temporaryFolders } from './__fixtures__/temporary-folders';
import { readDataset, samplesOf } from './dataset';

const folderOf = temporaryFolders();
const HEADER = 'video_id,clip_id,text,label,mode';
const wav = makeWav([0, 0.5, 0]);

test('samples by split, and what is worth a look', async () => {
  const folder = await folderOf({
    'label.csv': [HEADER, 'v,1,good,1,train', 'v,2,bad,-1,test', 'v,3,so,0,train'].join('\n'),
    'v/1.wav': wav,
    'v/3.wav': wav,
  });
  const dataset = await readDataset(folder);
  expect(samplesOf(dataset, 'train').map(({ id, recording }) => [id, recording])).toEqual([
    ['v/1', join(folder, 'v/1.wav')],
    ['v/3', join(folder, 'v/3.wav')],
  ]);
  expect(samplesOf(dataset, 'test').map(({ id }) => id)).toEqual(['v/2']);
  expect(dataset.warnings).toMatchObject([{ kind: 'no-audio', line: 3 }]);
  expect(() => samplesOf(dataset, 'valid')).toThrow(
    `${folder}: no sample of valid; expected at least one, found 2 train, 0 valid, 1 test`,
  );
});

test("MOSEI's label.csv has the emotions of the label file beside it", async () => {
  const times = ['1___4.05___8.46___second', '0___0.0___4.02___first'].map((line) => `vid_A___${line}\n`);
  const { train } = await readDataset(
    await folderOf({
      'label.csv': [HEADER, 'vid_A,0,first,2,train', 'vid_A,1,second,0,train'].join('\n'),
      'CMU_MOSEI_Labels.csd': await readFixture('labels.csd'),
      'Raw/Transcript/Segmented/Combined/vid_A.txt': times.join(''),
    }),
  );
  expect(train.map(({ emotions }) => emotions)).toEqual([
    [1, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
  ]);
});

test('MELD, whose sentiment is a polarity and no score', async () => {
  const head = 'Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime';
  const row = '1,What,Ann,surprise,negative,0,0,1,1,"00:00:01,000","00:00:02,000"';
  const { valid } = await readDataset(
    await folderOf({ 'dev_sent_emo.csv': `${head}\n${row}\n`, 'dev/dia0_utt0.wav': wav }),
  );
  expect(valid).toMatchObject([{ polarity: 'negative', emotions: [0, 0, 0, 1, 0, 0] }]);
  expect(valid[0]).not.toHaveProperty('sentiment');
});

test('more wrong rows than are allowed end it, and recordings that are still inside videos do', async () => {
  const rows = ['v,1,good,1,train', 'v,2,bad,9,train', 'v,3,bad,9,train'];
  const wrong = await folderOf({ 'label.csv': [HEADER, ...rows].join('\n') });
  await expect(readDataset(wrong)).rejects.toThrow(/^[^\n]*label\.csv, line 3, column label: [^\n]*$/);

  const films = await folderOf({
    'label.csv': [HEADER, ...rows.slice(0, 1)].join('\n'),
    'Raw/v/1.mp4': 'a video',
  });
  await expect(readDataset(films)).rejects.toThrow(
    `${films}: the recordings of 1 samples are in files that are not read as they are, such as Raw/v/1.mp4; `,
  );
});
