import { join } from 'node:path';
import { makeWav } from '@mmolre/audio/test';
import { describe, expect, test } from 'vitest';
import { loseFiles } from '../__fixtures__/lose-files';
import { sharedData, temporaryFolders } from '../__fixtures__/temporary-folders';
import { readCorpus } from '../read-corpus';
import { inspectFolder } from '../validate/inspect';

const folderOf = temporaryFolders();
const WAV = makeWav([0, 0.5, 0, -0.5]);
const shared = sharedData('crema-d');

// Rows of votes of our own: its number, which begins with the mode, and the votes for A, D, F, H, N, S.
const HEAD = '"","A","D","F","H","N","S","fileName","numResponses","agreement","emoVote"';
const row = (number: number, counts: string, name: string) => `"${number}",${counts},"${name}",9,0.5,"N"`;
const VOTES = 'processedResults/tabulatedVotes.csv';
const SMALL = {
  [VOTES]: [
    HEAD,
    row(100_001, '6,3,0,0,0,0', '1001_DFA_ANG_XX'),
    row(100_002, '0,0,0,1,8,0', '1008_IEO_HAP_LO'),
    row(100_003, '0,0,0,5,4,0', '1009_ITS_HAP_HI'),
    row(200_001, '0,0,9,0,0,0', '1001_DFA_ANG_XX'),
    '',
  ].join('\n'),
  'AudioWAV/1001_DFA_ANG_XX.wav': WAV,
  'AudioWAV/1008_IEO_HAP_LO.wav': WAV,
};

describe('labels', () => {
  test('are what a third of those who heard the voice chose; a polarity where all of it has one', async () => {
    const folder = await folderOf(SMALL);
    const { layout, samples, problems } = await readCorpus(folder);
    expect(layout).toBe('crema-d');
    expect(samples[0]).toEqual({
      id: '1001/1001_DFA_ANG_XX',
      videoId: '1001',
      clipId: '1001_DFA_ANG_XX',
      split: 'train',
      speaker: '1001',
      text: "Don't forget a jacket.",
      recording: join(folder, 'AudioWAV/1001_DFA_ANG_XX.wav'),
      emotions: [0, 0, 1, 0, 1, 0],
      polarity: 'negative',
      category: 'ANG,DIS',
      origin: { file: VOTES, line: 2, emotions: `${VOTES}, line 2`, sentiment: `${VOTES}, line 2` },
    });
    expect(
      samples.slice(1).map(({ id, split, emotions, polarity, category }) => [id, split, emotions, polarity, category]),
    ).toEqual([
      ['1008/1008_IEO_HAP_LO', 'valid', [0, 0, 0, 0, 0, 0], 'neutral', 'NEU'],
      ['1009/1009_ITS_HAP_HI', 'test', [1, 0, 0, 0, 0, 0], undefined, 'HAP,NEU'],
    ]);
    expect(problems).toEqual([
      {
        kind: 'no-audio',
        severity: 'warning',
        file: VOTES,
        line: 4,
        message: `${folder}/${VOTES}, line 4: no recording; looked for 1009_ITS_HAP_HI.wav`,
      },
    ]);
  });

  test('are left out where no category has a third, and where a clip has no votes, which is told', async () => {
    const folder = await folderOf({
      ...SMALL,
      [VOTES]: [HEAD, row(100_001, '3,3,2,1,1,0', '1001_DFA_ANG_XX')].join('\n'),
    });
    const { samples, problems } = await readCorpus(folder);
    expect(
      samples.map((sample) => [sample.clipId, 'emotions' in sample, 'polarity' in sample, 'category' in sample]),
    ).toEqual([
      ['1001_DFA_ANG_XX', false, false, false],
      ['1008_IEO_HAP_LO', false, false, false],
    ]);
    expect(problems.map(({ kind, severity, message }) => [kind, severity, message.slice(folder.length + 1)])).toEqual([
      ['unmatched', 'warning', `AudioWAV/1008_IEO_HAP_LO.wav: no votes for its voice in ${VOTES}; it has no emotions`],
    ]);
  });

  test('without the table are the acted ones; wav before mp3, and a level that was passed on as X', async () => {
    const folder = await folderOf({
      'AudioMP3/1040_ITH_SAD_XX.mp3': 'not read here',
      'AudioWAV/1040_ITH_SAD_X.wav': WAV,
      'AudioWAV/1090_WSI_NEU_XX.wav': WAV,
      'AudioWAV/1092_WSI_NEU_XX.wav': WAV,
      'AudioWAV/1001_XYZ_NEU_XX.wav': WAV,
    });
    const { layout, samples, problems } = await readCorpus(folder);
    expect([layout, problems]).toEqual(['crema-d', []]);
    expect(
      samples.map(({ clipId, split, emotions, polarity, category, origin }) => [
        clipId,
        split,
        emotions,
        polarity,
        category,
        origin,
      ]),
    ).toEqual([
      [
        '1040_ITH_SAD_XX',
        'test',
        [0, 1, 0, 0, 0, 0],
        'negative',
        'SAD',
        {
          file: 'AudioWAV/1040_ITH_SAD_X.wav',
          emotions: 'name of AudioWAV/1040_ITH_SAD_X.wav',
          sentiment: 'name of AudioWAV/1040_ITH_SAD_X.wav',
        },
      ],
      ['1090_WSI_NEU_XX', 'test', [0, 0, 0, 0, 0, 0], 'neutral', 'NEU', expect.anything()],
    ]);
    expect(samples[0]!.recording).toBe(join(folder, 'AudioWAV/1040_ITH_SAD_X.wav'));
  });
});

test('the table alone: one line says that there is no sound', async () => {
  const folder = await folderOf({ [VOTES]: SMALL[VOTES] });
  const { samples, problems } = await readCorpus(folder);
  expect(samples).toHaveLength(3);
  expect(problems.map(({ kind, message }) => [kind, message])).toEqual([
    ['no-audio', `${folder}: no recordings in this folder: its 3 samples are text only`],
  ]);
});

test('broken rows are named, and cost themselves alone', async () => {
  const folder = await folderOf({
    [VOTES]: [
      HEAD,
      row(100_001, '6,3,0,0,0,0', '1001_DFA_ANG_XX'),
      row(100_002, '6,3,0,0,0,0', '1001_DFA_ANG_XX'),
      row(100_003, '6,three,0,0,0,0', '1002_DFA_ANG_XX'),
      row(100_004, '0,0,0,0,0,0', '1003_DFA_ANG_XX'),
      row(100_005, '6,3,0,0,0,0', '1092_DFA_ANG_XX'),
      row(5, '6,3,0,0,0,0', '1004_DFA_ANG_XX'),
    ].join('\n'),
    'AudioWAV/1001_DFA_ANG_XX.wav': WAV,
    'AudioWAV/1002_DFA_ANG_XX.wav': WAV,
  });
  const { samples, problems } = await readCorpus(folder);
  expect(samples.map(({ clipId, category }) => [clipId, category])).toEqual([
    ['1001_DFA_ANG_XX', 'ANG,DIS'],
    ['1002_DFA_ANG_XX', undefined],
  ]);
  expect(problems.map(({ kind, message }) => [kind, message.slice(folder.length + 1 + VOTES.length)])).toEqual([
    ['duplicate-id', ', line 3: 1001_DFA_ANG_XX stands already in line 2'],
    ['label-range', ', line 4: expected counts of votes in A, D, F, H, N, S, found "6,three,0,0,0,0"'],
    ['label-range', ', line 5: expected counts of votes in A, D, F, H, N, S, found "0,0,0,0,0,0"'],
    [
      'bad-row',
      `, line 6: expected a number from 100001 to 399999 and a clip's name, found "100005" and "1092_DFA_ANG_XX"`,
    ],
    ['bad-row', `, line 7: expected a number from 100001 to 399999 and a clip's name, found "5" and "1004_DFA_ANG_XX"`],
  ]);
});

test('a lost file costs its own samples alone, and is told', async () => {
  const [first, second, third] = ['1001/1001_DFA_ANG_XX', '1008/1008_IEO_HAP_LO', '1009/1009_ITS_HAP_HI'];
  const unread = { lost: [third], silent: [], unlabelled: [first, second], problems: 1 };
  const losses = await loseFiles(folderOf, SMALL);
  expect(losses).toEqual({
    // Without a table the labels are the acted ones.
    [`${VOTES} removed`]: { lost: [third], silent: [], unlabelled: [], problems: 0 },
    [`${VOTES} empty`]: unread,
    [`${VOTES} a pointer`]: unread,
    'AudioWAV/1001_DFA_ANG_XX.wav removed': { lost: [], silent: [first], unlabelled: [], problems: 1 },
    'AudioWAV/1001_DFA_ANG_XX.wav empty': { lost: [], silent: [first], unlabelled: [], problems: 1 },
    'AudioWAV/1008_IEO_HAP_LO.wav removed': { lost: [], silent: [second], unlabelled: [], problems: 1 },
    'AudioWAV/1008_IEO_HAP_LO.wav empty': { lost: [], silent: [second], unlabelled: [], problems: 1 },
  });
});

test.skipIf(!shared)('the votes as they are passed on: 82 of its actors', async () => {
  const { layout, counts, problems } = await inspectFolder(shared!);
  expect(layout).toBe('crema-d');
  expect(problems.filter(({ kind }) => kind !== 'known-bad').map(({ kind }) => kind)).toEqual(['no-audio']);
  const found = Object.fromEntries(counts.map(({ kind, found }) => [kind, found.all]));
  expect(found).toMatchObject({
    samples: 6_704,
    'no emotions': 118,
    'emotion anger': 1_162,
    'emotion disgust': 868,
    'emotion fear': 898,
    'emotion happiness': 517,
    'emotion sadness': 672,
    'emotion surprise': 0,
    'sentiment negative': 2_190,
    'sentiment neutral': 2_943,
    'sentiment positive': 241,
  });
  expect(counts[0]!.found).toEqual({ train: 4_754, valid: 650, test: 1_300, all: 6_704 });
});
