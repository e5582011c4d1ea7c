/** A small file in the form of a corpus, in our own words. */
export type CorpusSeed = { name: string; file: string; text: string; beside?: Record<string, string> };

const meldRows = [
  'Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime',
  '1,"So, you came back",Ann,joy,positive,0,0,1,1,"00:00:01,000","00:00:02,500"',
  '2,"She said ""no"" — twice",Bob,anger,negative,0,1,1,1,"00:00:03,000","00:00:04,000"',
  '3,Hm.,Ann,neutral,neutral,1,0,1,2,"00:01:03,000","00:01:04,000"',
];
const iemocapTurns = [
  'Ses01F_impro01_F000 [006.2901-008.2357]: Where did you go?',
  'Ses01F_impro01_M000 [010.0100-011.3925]: Out. Nowhere special.',
];
const iemocapJudged = [
  '% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]',
  '',
  '[6.2901 - 8.2357]\tSes01F_impro01_F000\tang\t[2.5000, 2.5000, 2.5000]',
  '[10.0100 - 11.3925]\tSes01F_impro01_M000\thap\t[4.5000, 2.5000, 2.5000]',
];
const lines = (rows: readonly string[]) => `${rows.join('\n')}\n`;
const transcript = 'Session1/dialog/transcriptions/Ses01F_impro01.txt';
const judgements = 'Session1/dialog/EmoEvaluation/Ses01F_impro01.txt';

export const corpora: CorpusSeed[] = [
  { name: 'meld', file: 'train_sent_emo.csv', text: lines(meldRows) },
  {
    name: 'iemocap, transcript',
    file: transcript,
    text: lines(iemocapTurns),
    beside: { [judgements]: lines(iemocapJudged) },
  },
  {
    name: 'iemocap, judgements',
    file: judgements,
    text: lines(iemocapJudged),
    beside: { [transcript]: lines(iemocapTurns) },
  },
  { name: 'goemotions', file: 'train.tsv', text: 'What a kind thing to do\t5,17\teaaaaa1\nHm, nothing\t27\teaaaaa2\n' },
  { name: 'vader', file: 'a_GroundTruth.txt', text: "1\t2.2666\tA fine film, isn't it\n2\t-3.1\tDull — and long\n" },
];
