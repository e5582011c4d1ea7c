import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWav } from '@mmolre/audio/test';
import { expect, test } from 'vitest';
import { loseFiles } from '../__fixtures__/lose-files';
import { sharedData, temporaryFolders } from '../__fixtures__/temporary-folders';
import { readCorpus } from '../read-corpus';
import { inspectFolder } from '../validate/inspect';
import { MOSI_FOLDS } from './mosi-folds';

const folderOf = temporaryFolders();
const WAV = makeWav([0, 0.5, 0, -0.5]);
const folds = sharedData('cmu-mosi');

// The videos of the standard folds, with texts and labels of our own.
const [A, B, C] = [MOSI_FOLDS.train[0]!, MOSI_FOLDS.valid[0]!, MOSI_FOLDS.test[0]!];
const LABELS = 'Raw/Labels/OpinionLevelSentiment.csv';
const transcript = (video: string) => `Raw/Transcript/Segmented/${video}.annotprocessed`;
const wav = (name: string) => `Raw/Audio/WAV_16000/Segmented/${name}.wav`;
const SMALL = {
  [LABELS]: `1.5,3.25,${A},1,-2.4\n3.5,4,${A},2,0\n0.1,2,${B},1,1.8\n0,2.5,${C},1,3.0\n`,
  [transcript(A)]: '1_DELIM_I CANT SAY\n2_DELIM_SO SO\n',
  [transcript(B)]: '1_DELIM_A GOOD ONE\n',
  [transcript(C)]: '1_DELIM_THE BEST OF ALL\n',
  [wav(`${A}_1`)]: WAV,
  [wav(`${A}_2`)]: WAV,
  [wav(`${B}_1`)]: WAV,
  [`Raw/Video/Segmented/${C}_1.mp4`]: Buffer.from('a video'),
};

test('the zip as it is: ids by its own numbers, texts in capitals, splits by the folds, sound before video', async () => {
  const folder = await folderOf({
    ...SMALL,
    [`Raw/Video/Segmented/${A}_1.mp4`]: 'a video',
    [`Raw/Transcript/Full/${A}.textonly`]: 'I CANT SAY SO SO',
    'Raw/Labels/notes.csv': 'a,b\n',
  });
  const { layout, samples, problems } = await readCorpus(folder);
  expect([layout, problems]).toEqual(['mosi-raw', []]);
  expect(samples[0]).toEqual({
    id: `${A}/1`,
    videoId: A,
    clipId: '1',
    split: 'train',
    text: 'I CANT SAY',
    sentiment: -2.4,
    recording: join(folder, wav(`${A}_1`)),
    origin: { file: transcript(A), line: 1, sentiment: `${LABELS}, line 1` },
  });
  expect(samples.map(({ id, split, text, sentiment }) => [id, split, text, sentiment])).toEqual([
    [`${A}/1`, 'train', 'I CANT SAY', -2.4],
    [`${A}/2`, 'train', 'SO SO', 0],
    [`${B}/1`, 'valid', 'A GOOD ONE', 1.8],
    [`${C}/1`, 'test', 'THE BEST OF ALL', 3],
  ]);
  expect(samples[3]!.video).toBe(join(folder, `Raw/Video/Segmented/${C}_1.mp4`));
});

test('unpacked without Raw', async () => {
  const files = Object.entries(SMALL).map(([file, content]) => [file.slice('Raw/'.length), content]);
  const { samples } = await readCorpus(await folderOf(Object.fromEntries(files)));
  expect(samples.map(({ id, recording, video }) => [id, !!(recording ?? video)])).toEqual([
    [`${A}/1`, true],
    [`${A}/2`, true],
    [`${B}/1`, true],
    [`${C}/1`, true],
  ]);
});

test('the other copies of a recording, and whole videos, are no strays; a recording of no segment is one', async () => {
  const folder = await folderOf({
    ...SMALL,
    [`Raw/Video/Segmented/${A}_1.mp4`]: 'a video',
    [`Raw/Video/Full/${A}.mp4`]: 'a video',
    [`Raw/Audio/WAV_16000/Full/${A}.wav`]: WAV,
    [wav(`${A}_9`)]: WAV,
  });
  const { problems } = await inspectFolder(folder);
  expect(problems.map(({ kind, file }) => [kind, file])).toEqual([['no-row', wav(`${A}_9`)]]);
});

test('what has no counterpart, is in no fold or is broken costs itself alone, and is told once', async () => {
  const folder = await folderOf({
    [LABELS]: [
      `1,2,${A},1,-2.4`,
      `2,3,${A},2,4`,
      `3,4,${A},3,1.0`,
      `3,4,${A},1,1.0`,
      `4,5,${A},one,1.0`,
      `5,6,${A},5,0.2,more`,
      `0,1,nobody,1,0.4`,
      `1,2,nobody,2,0.4`,
      `0,1,${B},1,0.6`,
      `0,1,${C},1,0.8`,
    ].join('\r\n'),
    [transcript(A)]: Buffer.from(
      '1_DELIM_FINE\r\n2_DELIM_BAD\r\n1_DELIM_TWICE\r\nNO NUMBER\r\n4_DELIM_ALONE\r\n',
      'latin1',
    ),
    [transcript(C)]: Buffer.from('1_DELIM_CAF\u00c9\n', 'latin1'),
    [transcript(MOSI_FOLDS.test[1]!)]: '1_DELIM_ALONE\n2_DELIM_TOO\n',
  });
  const { samples, problems } = await readCorpus(folder);
  expect(samples.map(({ id }) => id)).toEqual([`${A}/1`]);
  expect(
    problems.map(({ severity, kind, message }) => `${severity} ${kind} ${message.replaceAll(`${folder}/Raw/`, '')}`),
  ).toEqual([
    `error label-range Labels/OpinionLevelSentiment.csv, line 2: expected a label from -3 to 3, found "4"`,
    `error duplicate-id Labels/OpinionLevelSentiment.csv, line 4: segment 1 of "${A}" stands already in line 1`,
    `error bad-row Labels/OpinionLevelSentiment.csv, line 5: expected begin, end, video, number of the segment, label, found "4,5,${A},one,1.0"`,
    `error bad-row Labels/OpinionLevelSentiment.csv, line 6: expected begin, end, video, number of the segment, label, found "5,6,${A},5,0.2,more"`,
    `error duplicate-id Transcript/Segmented/${A}.annotprocessed, line 3: segment 1 stands already in line 1`,
    `error bad-row Transcript/Segmented/${A}.annotprocessed, line 4: expected the segment's number, _DELIM_ and its text, found "NO NUMBER"`,
    `error unmatched Labels/OpinionLevelSentiment.csv, line 3: segment 3 has no line in Raw/Transcript/Segmented/${A}.annotprocessed; left out`,
    `warning unmatched Transcript/Segmented/${A}.annotprocessed, line 5: segment 4 has no label in Raw/Labels/OpinionLevelSentiment.csv; left out`,
    'error not-mapped Labels/OpinionLevelSentiment.csv, line 7: video "nobody" is in none of the standard folds; left out',
    'error not-mapped Labels/OpinionLevelSentiment.csv, line 8: video "nobody" is in none of the standard folds; left out',
    `error unreadable Transcript/Segmented/${B}.annotprocessed: no such file`,
    expect.stringContaining(
      `error bad-row Transcript/Segmented/${C}.annotprocessed, line 1: expected UTF-8, found another encoding`,
    ),
    `warning unmatched Transcript/Segmented/${MOSI_FOLDS.test[1]}.annotprocessed: no segment of this video has a label in Raw/Labels/OpinionLevelSentiment.csv; left out`,
    `warning no-audio ${folder}: no recordings in this folder: its 1 samples are text only`,
  ]);
});

test('a lost file costs its own samples alone, and is told', async () => {
  const all = { lost: [`${A}/1`, `${A}/2`, `${B}/1`, `${C}/1`], silent: [], unlabelled: [], problems: 1 };
  const texts = (...lost: string[]) => ({ lost, silent: [], unlabelled: [], problems: 1 });
  const sound = (id: string) => ({ lost: [], silent: [id], unlabelled: [], problems: 1 });
  const each = (file: string, ways: string[], loss: object) => ways.map((way) => [`${file} ${way}`, loss]);
  const [text, binary] = [
    ['removed', 'empty', 'a pointer'],
    ['removed', 'empty'],
  ];
  expect(await loseFiles(folderOf, SMALL)).toEqual(
    Object.fromEntries([
      ...each(LABELS, text!, all),
      ...each(transcript(A), text!, texts(`${A}/1`, `${A}/2`)),
      ...each(transcript(B), text!, texts(`${B}/1`)),
      ...each(transcript(C), text!, texts(`${C}/1`)),
      ...each(wav(`${A}_1`), binary!, sound(`${A}/1`)),
      ...each(wav(`${A}_2`), binary!, sound(`${A}/2`)),
      ...each(wav(`${B}_1`), binary!, sound(`${B}/1`)),
      ...each(`Raw/Video/Segmented/${C}_1.mp4`, binary!, sound(`${C}/1`)),
    ]),
  );
});

test('without its labels it is told what is missing, not taken for something unknown', async () => {
  const { [LABELS]: _, ...others } = SMALL;
  await expect(readCorpus(await folderOf(others))).rejects.toThrow(
    'looks like mosi-raw, but for its labels: Labels/OpinionLevelSentiment.csv',
  );
});

test.skipIf(!folds)("the folds are the SDK's", async () => {
  expect(MOSI_FOLDS).toEqual(JSON.parse(await readFile(join(folds!, 'standard_folds.json'), 'utf8')));
});
