import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readAudio } from '@mmolre/audio';
import { makeWav } from '@mmolre/audio/test';
import { beforeAll, describe, expect, test } from 'vitest';
import { readFixture, sharedData, temporaryFolders } from './__fixtures__/temporary-folders';
import { readCorpus } from './read-corpus';

const folderOf = temporaryFolders();

// Each layout is read with a short tone in every recording, and with real speech where that is there.
const tone = makeWav(Array.from({ length: 1_600 }, (_, i) => Math.sin(i / 4) / 2));
const speech = sharedData('speech');
const recordings: [string, () => Promise<Uint8Array>][] = [['a tone', async () => tone]];
if (speech) recordings.push(['speech', () => readFile(join(speech, 'ljspeech/LJ001-0002.wav'))]);

const MELD_HEAD =
  'Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime';
const meldRow = (n: number, text: string, emotion: string, sentiment: string, dialogue: number, utterance: number) =>
  `${n},${text},Ann,${emotion},${sentiment},${dialogue},${utterance},1,1,"00:00:01,000","00:00:02,000"`;

describe.each(recordings)('with %s in each recording', (_, read) => {
  let wav: Uint8Array;
  beforeAll(async () => {
    wav = await read();
  });

  test("MMML's layout, as pandas writes label.csv", async () => {
    const folder = await folderOf({
      'label.csv': await readFixture('label.csv'),
      'wav/vid_A/1.wav': wav,
      'vid_A/2.wav': wav,
      'Raw/vid_A/3.mp4': 'a video',
    });
    const { layout, samples, problems } = await readCorpus(folder);
    expect(layout).toBe('label-folder');
    expect(samples).toEqual([
      {
        id: 'vid_A/1',
        videoId: 'vid_A',
        clipId: '1',
        split: 'train',
        text: 'He said "yes",\nand left',
        sentiment: 2,
        recording: join(folder, 'wav/vid_A/1.wav'),
        origin: { file: 'label.csv', line: 2, sentiment: 'label.csv, line 2' },
      },
      expect.objectContaining({ id: 'vid_A/2', text: 'so, so', sentiment: 0, recording: join(folder, 'vid_A/2.wav') }),
      expect.objectContaining({
        id: 'vid_A/3',
        video: join(folder, 'Raw/vid_A/3.mp4'),
        origin: { file: 'label.csv', line: 5, sentiment: 'label.csv, line 5' },
      }),
      expect.objectContaining({ id: 'vid_B/1', text: '', sentiment: -2.25, split: 'test' }),
    ]);
    expect(problems).toEqual([
      {
        kind: 'no-audio',
        severity: 'warning',
        file: 'label.csv',
        line: 6,
        message: `${folder}/label.csv, line 6: no recording; looked for "vid_B/1.wav", also under wav and Raw`,
      },
    ]);
    expect((await readAudio(samples[0]!.recording!)).length).toBeGreaterThan(1_000);
  });

  test('MELD, with audio of one split, video of another, and ids that occur in both', async () => {
    const folder = await folderOf({
      'train_sent_emo.csv': [
        MELD_HEAD,
        meldRow(1, '"Well, I’m here"', 'joy', 'positive', 0, 0),
        meldRow(2, 'No.', 'neutral', 'neutral', 0, 1),
        '',
      ].join('\r\n'),
      'data/dev_sent_emo.csv': [MELD_HEAD, meldRow(1, 'What', 'surprise', 'negative', 0, 0), ''].join('\r\n'),
      'MELD.Raw/train_splits/dia0_utt0.wav': wav,
      'MELD.Raw/dev_splits_complete/dia0_utt0.mp4': 'a video',
    });
    const { layout, samples, problems } = await readCorpus(folder);
    expect(layout).toBe('meld');
    expect(
      samples.map(({ id, split, text, polarity, emotions, category }) => [
        id,
        split,
        text,
        polarity,
        emotions,
        category,
      ]),
    ).toEqual([
      ['train_dia0/utt0', 'train', 'Well, I’m here', 'positive', [1, 0, 0, 0, 0, 0], 'joy'],
      ['train_dia0/utt1', 'train', 'No.', 'neutral', [0, 0, 0, 0, 0, 0], 'neutral'],
      ['dev_dia0/utt0', 'valid', 'What', 'negative', [0, 0, 0, 1, 0, 0], 'surprise'],
    ]);
    expect(samples.map(({ speaker }) => speaker)).toEqual(['Ann', 'Ann', 'Ann']);
    expect(samples[0]!.recording).toBe(join(folder, 'MELD.Raw/train_splits/dia0_utt0.wav'));
    expect(samples[2]!.video).toBe(join(folder, 'MELD.Raw/dev_splits_complete/dia0_utt0.mp4'));
    expect(samples[2]!.origin).toEqual({
      file: 'data/dev_sent_emo.csv',
      line: 2,
      sentiment: 'data/dev_sent_emo.csv, line 2',
      emotions: 'data/dev_sent_emo.csv, line 2',
    });
    expect(problems.map(({ kind, line }) => [kind, line])).toEqual([['no-audio', 3]]);
  });

  test("IEMOCAP's release", async () => {
    const labels = [
      '% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]',
      '',
      '[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]',
      'C-E2:\tNeutral;\t()',
      '[10.0100 - 11.3925]\tSes01F_impro01_F001\texc\t[4.5000, 3.5000, 2.5000]',
      '[12.0000 - 13.0000]\tSes01F_impro01_M000\tang\t[1.5000, 3.5000, 2.5000]',
      '[14.0000 - 15.0000]\tSes01F_impro01_M009\txxx\t[2.5000, 2.5000, 2.5000]',
    ];
    const spoken = [
      'Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.',
      'Ses01F_impro01_F001 [010.0100-011.3925]: Yeah: [LAUGHTER]',
      'F: hm',
      'Ses01F_impro01_M000 [012.0000-013.0000]: No.',
      'Ses01F_impro01_M001 [013.5000-013.9000]: Well.',
    ];
    const folder = await folderOf({
      'IEMOCAP_full_release/Session1/dialog/EmoEvaluation/Ses01F_impro01.txt': labels.join('\n'),
      'IEMOCAP_full_release/Session1/dialog/transcriptions/Ses01F_impro01.txt': spoken.join('\n'),
      'IEMOCAP_full_release/Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav': wav,
      'IEMOCAP_full_release/Session5/dialog/EmoEvaluation/Ses05M_impro01.txt':
        '[1.0 - 2.0]\tSes05M_impro01_M000\tsad\t[1.0, 1.0, 1.0]\n',
      'IEMOCAP_full_release/Session5/dialog/transcriptions/Ses05M_impro01.txt':
        'Ses05M_impro01_M000 [001.0-002.0]: Oh.\r\n',
    });
    const { layout, samples, problems } = await readCorpus(folder);
    expect(layout).toBe('iemocap');
    expect(
      samples.map(({ clipId, split, text, category, emotions, polarity }) => [
        clipId,
        split,
        text,
        category,
        emotions,
        polarity,
      ]),
    ).toEqual([
      ['Ses01F_impro01_F000', 'train', 'Excuse me.', 'neu', [0, 0, 0, 0, 0, 0], 'neutral'],
      ['Ses01F_impro01_F001', 'train', 'Yeah: [LAUGHTER]', 'exc', [1, 0, 0, 0, 0, 0], 'positive'],
      ['Ses01F_impro01_M000', 'train', 'No.', 'ang', [0, 0, 1, 0, 0, 0], 'negative'],
      ['Ses01F_impro01_M001', 'train', 'Well.', undefined, undefined, undefined],
      ['Ses05M_impro01_M000', 'test', 'Oh.', 'sad', [0, 1, 0, 0, 0, 0], 'negative'],
    ]);
    expect(samples.map(({ speaker }) => speaker)).toEqual(['Ses01F', 'Ses01F', 'Ses01M', 'Ses01M', 'Ses05M']);
    expect(samples[0]!.recording).toMatch(/Session1\/sentences\/wav\/Ses01F_impro01\/Ses01F_impro01_F000\.wav$/);
    expect(
      problems.filter(({ kind }) => kind === 'unmatched').map(({ message }) => message.slice(folder.length)),
    ).toEqual([
      '/IEMOCAP_full_release/Session1/dialog/transcriptions/Ses01F_impro01.txt, line 5: utterance Ses01F_impro01_M001 has no label in EmoEvaluation',
      expect.stringMatching(
        /EmoEvaluation\/Ses01F_impro01\.txt, line 7: utterance Ses01F_impro01_M009 has a label but no transcript$/,
      ),
    ]);
    expect(problems.filter(({ kind }) => kind === 'no-audio')).toHaveLength(4);
  });

  test("IEMOCAP's codes that are not one of the six: fru and sur say half, oth and xxx nothing", async () => {
    const codes = ['fru', 'sur', 'oth', 'xxx'];
    const name = (i: number) => `Ses02F_impro01_F00${i}`;
    const folder = await folderOf({
      'Session2/dialog/EmoEvaluation/Ses02F_impro01.txt': codes
        .map((code, i) => `[${i}.0 - ${i}.9]\t${name(i)}\t${code}\t[2.5, 2.5, 2.5]`)
        .join('\n'),
      'Session2/dialog/transcriptions/Ses02F_impro01.txt': codes
        .map((_, i) => `${name(i)} [00${i}.0-00${i}.9]: Oh.`)
        .join('\n'),
      'Session2/sentences/wav/Ses02F_impro01/Ses02F_impro01_F000.wav': wav,
    });
    const { samples } = await readCorpus(folder);
    expect(samples.map(({ category, emotions, polarity }) => [category, emotions, polarity])).toEqual([
      ['fru', undefined, 'negative'],
      ['sur', [0, 0, 0, 1, 0, 0], undefined],
      ['oth', undefined, undefined],
      ['xxx', undefined, undefined],
    ]);
    const origins = samples.map(({ origin }) => [origin!.emotions !== undefined, origin!.sentiment !== undefined]);
    expect(origins).toEqual([
      [false, true],
      [true, false],
      [false, false],
      [false, false],
    ]);
  });

  test('EmoDB, by the names of its files', async () => {
    const folder = await folderOf({
      'wav/03a01Fa.wav': wav,
      'wav/13b10Lb.wav': wav,
      'wav/14a02Wc.wav': wav,
      'wav/other.wav': wav,
    });
    const { layout, samples } = await readCorpus(folder);
    expect(layout).toBe('emodb');
    expect(samples.map(({ id, split, category, emotions }) => [id, split, category, emotions])).toEqual([
      ['03/03a01Fa', 'train', 'happiness', [1, 0, 0, 0, 0, 0]],
      ['13/13b10Lb', 'valid', 'boredom', [0, 0, 0, 0, 0, 0]],
      ['14/14a02Wc', 'test', 'anger', [0, 0, 1, 0, 0, 0]],
    ]);
    expect(samples.map(({ speaker }) => speaker)).toEqual(['03', '13', '14']);
    expect(samples[0]!.text).toBe('Der Lappen liegt auf dem Eisschrank.');
  });
});

describe('text only', () => {
  test('GoEmotions: several emotions, one polarity or none, texts with quotes quoted', async () => {
    const folder = await folderOf({
      'train.tsv': '"""So"" I say"\t4,27\tab1\nLovely!\t18,0\tab2\n',
      'dev.tsv': 'Oh "that?\t26,6\tab3\n',
      'test.tsv': 'Oh?\t28\tab4\nNo\t3\tab1\nthree\tcells\n"Never\t3\tab5\n',
    });
    const { layout, samples, problems } = await readCorpus(folder);
    expect(layout).toBe('goemotions');
    expect(
      samples.map(({ id, split, text, emotions, polarity, category }) => [
        id,
        split,
        text,
        emotions,
        polarity,
        category,
      ]),
    ).toEqual([
      ['ab1/1', 'train', '"So" I say', [1, 0, 0, 0, 0, 0], undefined, 'approval,neutral'],
      ['ab2/1', 'train', 'Lovely!', [1, 0, 0, 0, 0, 0], 'positive', 'love,admiration'],
      ['ab3/1', 'valid', 'Oh "that?', [0, 0, 0, 1, 0, 0], undefined, 'surprise,confusion'],
    ]);
    expect(problems.map(({ message }) => message.slice(folder.length + 1))).toEqual([
      'test.tsv, line 4: a double quote is opened and never closed; a text with quotes needs double quotes around it, and each quote inside twice',
      'test.tsv, line 3: expected 3 cells, found 2',
      'test.tsv, line 1: expected numbers from 0 to 27 with commas between, found "28"',
      'test.tsv, line 2: comment "ab1" stands already in train.tsv, line 1',
    ]);
  });

  test("VADER's ratings, times 0.75", async () => {
    const folder = await folderOf({ 'tweets_GroundTruth.txt': "1\t-4\tA ''bad'' one\r\n2\t4.1\tx\r\n3\t0.2\tso" });
    const { layout, samples, problems } = await readCorpus(folder);
    expect(layout).toBe('vader');
    expect(samples.map(({ id, sentiment, text }) => [id, sentiment, text])).toEqual([
      ['tweets/1', -3, 'A "bad" one'],
      ['tweets/3', 0.15000000000000002, 'so'],
    ]);
    expect(problems[0]!.message).toMatch(/line 2: expected a rating from -4 to 4, found "4.1"$/);
  });
});

describe("the SDK's files", () => {
  const folds = JSON.stringify({ train: ['vid_A'], valid: ['vid_B'], test: [] });

  test('labels and words alone: texts by time, splits by the folds', async () => {
    const folder = await folderOf({
      'CMU_MOSEI_Labels.csd': await readFixture('labels.csd'),
      'CMU_MOSEI_TimestampedWords.csd': await readFixture('words.csd'),
      'standard_folds.json': folds,
    });
    const { layout, samples, problems } = await readCorpus(folder);
    expect(layout).toBe('sdk');
    expect(samples.map(({ id, split, text, sentiment, emotions }) => [id, split, text, sentiment, emotions])).toEqual([
      ['vid_A/0', 'train', 'boo', -1, [0, 1, 1, 0, 0, 0]],
      ['vid_A/1', 'train', 'the film shines', 2, [1, 0, 0, 0, 0, 0]],
      ['vid_A/2', 'train', 'later', 0, [0, 0, 0, 0, 0, 0]],
      ['vid_B/0', 'valid', 'not good', Math.fround(-2.3333333), [0, 0, 1, 1, 1, 0]],
      ['vid_B/1', 'valid', 'café', 1, [1, 0, 0, 0, 0, 1]],
    ]);
    expect(samples[1]!.origin!.emotions).toBe('CMU_MOSEI_Labels.csd, video vid_A, row 1');
    expect(problems.map(({ message }) => message)).toEqual([
      `${folder}/CMU_MOSEI_Labels.csd: video lone is in no split of standard_folds.json; left out`,
    ]);
  });

  test('without folds there are no splits, and that is said', async () => {
    const { samples, problems } = await readCorpus(
      await folderOf({ 'CMU_MOSEI_Labels.csd': await readFixture('labels.csd') }),
    );
    expect(samples).toEqual([]);
    expect(problems[0]!.message).toMatch(/no standard_folds\.json; it says which video is in which split/);
  });
});

describe('MOSEI', () => {
  const combined = (video: string, ...lines: string[]) => ({
    [`Raw/Transcript/Segmented/Combined/${video}.txt`]: lines.map((line) => `${video}___${line}\n`).join(''),
  });

  test('gets its emotions by time, where rows are in another order, and what has no counterpart is counted', async () => {
    const folder = await folderOf({
      'label.csv': [
        'video_id,clip_id,text,label,label_T,annotation,mode',
        'vid_A,0,first,2,,Positive,train',
        'vid_A,1,second,0,,Neutral,train',
        'vid_A,2,third,1.0,,Positive,train',
        'vid_B,0,late,-2.3333,,Negative,test',
        'vid_B,7,nowhere,1,,Negative,test',
      ].join('\n'),
      'CMU_MOSEI_Labels.csd': await readFixture('labels.csd'),
      ...combined('vid_A', '1___4.05___8.46___second', '0___0.0___4.02___first', '2___8.5___12.3___third'),
      ...combined('vid_B', '0___1.5___3.75___late', '7___20___21___nowhere'),
    });
    const { samples, problems } = await readCorpus(folder);
    expect(samples.map(({ id, emotions, origin }) => [id, emotions, origin!.emotions])).toEqual([
      ['vid_A/0', [1, 0, 0, 0, 0, 0], 'CMU_MOSEI_Labels.csd, video vid_A, row 1'],
      ['vid_A/1', [0, 0, 0, 0, 0, 0], 'CMU_MOSEI_Labels.csd, video vid_A, row 2'],
      ['vid_A/2', [0, 1, 1, 0, 0, 0], 'CMU_MOSEI_Labels.csd, video vid_A, row 0'],
      ['vid_B/0', [0, 0, 1, 1, 1, 0], 'CMU_MOSEI_Labels.csd, video vid_B, row 0'],
      ['vid_B/7', undefined, undefined],
    ]);
    const messages = problems.map(({ message }) => message.slice(folder.length + 1));
    expect(messages).toContain('CMU_MOSEI_Labels.csd: 2 segments belong to no row of label.csv');
    expect(messages).toContain(
      "label.csv, line 6: no segment of CMU_MOSEI_Labels.csd at the clip's times; it has no emotions",
    );
    expect(messages).toContain('label.csv, line 6: label 1, but its annotation is "Negative"');
    expect(messages).toContain('label.csv, line 4: label 1, but CMU_MOSEI_Labels.csd, video vid_A, row 0 says -1.00');
  });

  test('without times nothing is joined, and that is said', async () => {
    const folder = await folderOf({
      'label.csv': 'video_id,clip_id,text,label,mode\nvid_A,0,first,2,train\n',
      'CMU_MOSEI_Labels.csd': await readFixture('labels.csd'),
    });
    const { samples, problems } = await readCorpus(folder);
    expect(samples[0]).not.toHaveProperty('emotions');
    expect(problems.map(({ message }) => message).join()).toMatch(/not joined: no times of clips/);
  });
});

describe('refuses', () => {
  test('a folder of nothing known', async () => {
    await expect(readCorpus(await folderOf({ 'a.txt': 'x' }))).rejects.toThrow(
      /no data set that is known; expected one of label\.csv, /,
    );
  });

  test('a folder that holds a data set in another, and says in which', async () => {
    const folder = await folderOf({ 'MOSI/label.csv': 'x' });
    await expect(readCorpus(folder)).rejects.toThrow(`${folder}/MOSI/label.csv is there: name its folder`);
  });

  test('a label file that is a link out of the folder', async () => {
    const secret = await folderOf({ 'label.csv': 'video_id,clip_id,text,label,mode\nv,1,secret,0,train\n' });
    const folder = await folderOf({ 'note.txt': 'x' });
    await symlink(join(secret, 'label.csv'), join(folder, 'label.csv'));
    const { samples, problems } = await readCorpus(folder);
    expect(samples).toEqual([]);
    expect(problems[0]).toMatchObject({ kind: 'outside-folder' });
  });

  test("MMSA's pickle that would run code, as one problem", async () => {
    const { layout, samples, problems } = await readCorpus(
      await folderOf({ 'aligned_50.pkl': await readFixture('runs-code-4.pkl') }),
    );
    expect([layout, samples]).toEqual(['mmsa-features', []]);
    expect(problems[0]!.message).toMatch(/aligned_50\.pkl: refused: it would run/);
  });
});

test("MMSA's features as a folder", async () => {
  const { layout, samples, problems } = await readCorpus(
    await folderOf({ 'Processed/unaligned_50.pkl': await readFixture('features-4.pkl') }),
  );
  expect([layout, samples.length, problems.length]).toEqual(['mmsa-features', 6, 0]);
});
