/** A small file in the form of a corpus, in our own words. */
export type CorpusSeed = {
  name: string;
  form: 'csv' | 'tsv' | 'text';
  file: string;
  text: string;
  beside?: Record<string, string>;
  /** The files of its reader. */
  lines: RegExp;
};

const labelRows = [
  'video_id,clip_id,text,label,mode,happiness,sadness,anger,surprise,disgust,fear,audio',
  'v1,1,"fine, she said ""yes""",2.4,train,1,0,0,0.333,0,0,a.wav',
  'v1,2,gröber — 悪い,-3,valid,0,2,1,0,0,0,',
  'v2,1,,,test,,,,,,,',
  'v2,2,"two\nlines",0,test,0,0,0,0,0,3,b/c.wav',
];
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
const mosiVideo = '2iD-tVS8NPw';
const mosiSegments = `0.5,2.75,${mosiVideo},1,-1.6\n2.8,4,${mosiVideo},2,2.2\n`;
const mosiTurns = '1_DELIM_NOT A GOOD DAY\n2_DELIM_UM BUT A FINE EVENING\n';
const mosiLabels = 'Labels/OpinionLevelSentiment.csv';
const mosiTranscript = `Transcript/Segmented/${mosiVideo}.annotprocessed`;
const cremaVotes = [
  '"","A","D","F","H","N","S","fileName","numResponses"',
  '"100001",7,3,0,0,0,0,"1001_DFA_ANG_XX",10',
  '"100002",0,0,0,4,5,0,"1002_IEO_HAP_LO",9',
  '"300002",0,0,0,9,0,0,"1002_IEO_HAP_LO",9',
];
const simsRows = [
  'video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode',
  'video_0001,0001,今天很好。,0.6,0.4,0.8,0.6,Positive,train',
  'video_0002,0001,"不,不行。",-1.0,-1.0,-0.6,-0.8,Negative,test',
];
const lines = (rows: readonly string[]) => `${rows.join('\n')}\n`;
const transcript = 'Session1/dialog/transcriptions/Ses01F_impro01.txt';
const judgements = 'Session1/dialog/EmoEvaluation/Ses01F_impro01.txt';

export const corpora: CorpusSeed[] = [
  {
    name: 'label.csv',
    form: 'csv',
    file: 'label.csv',
    text: lines(labelRows),
    beside: { 'a.wav': 'not read here', 'b/c.wav': 'nor this' },
    lines: /datasets\/src\/corpora\/label-folder[\w-]*\.ts$/,
  },
  {
    name: 'meld',
    form: 'csv',
    file: 'train_sent_emo.csv',
    text: lines(meldRows),
    lines: /datasets\/src\/corpora\/meld\.ts$/,
  },
  {
    name: 'iemocap, transcript',
    form: 'text',
    file: transcript,
    text: lines(iemocapTurns),
    beside: { [judgements]: lines(iemocapJudged) },
    lines: /datasets\/src\/corpora\/iemocap\.ts$/,
  },
  {
    name: 'iemocap, judgements',
    form: 'text',
    file: judgements,
    text: lines(iemocapJudged),
    beside: { [transcript]: lines(iemocapTurns) },
    lines: /datasets\/src\/corpora\/iemocap\.ts$/,
  },
  {
    name: 'goemotions',
    form: 'tsv',
    file: 'train.tsv',
    text: 'What a kind thing to do\t5,17\teaaaaa1\nHm, nothing\t27\teaaaaa2\n"So, ""so"""\t0\teaaaaa3\n',
    lines: /datasets\/src\/corpora\/goemotions\.ts$/,
  },
  {
    name: 'vader',
    form: 'tsv',
    file: 'a_GroundTruth.txt',
    text: "1\t2.2666\tA fine film, isn't it\n2\t-3.1\tDull — and long\n3\t0\tSo ''so''\n",
    lines: /datasets\/src\/corpora\/vader\.ts$/,
  },
  {
    name: 'mosi, labels',
    form: 'csv',
    file: mosiLabels,
    text: mosiSegments,
    beside: { [mosiTranscript]: mosiTurns },
    lines: /datasets\/src\/corpora\/mosi-raw(-files)?\.ts$/,
  },
  {
    name: 'mosi, transcript',
    form: 'text',
    file: mosiTranscript,
    text: mosiTurns,
    beside: { [mosiLabels]: mosiSegments },
    lines: /datasets\/src\/corpora\/mosi-raw(-files)?\.ts$/,
  },
  {
    name: 'crema-d',
    form: 'csv',
    file: 'tabulatedVotes.csv',
    text: lines(cremaVotes),
    lines: /datasets\/src\/corpora\/crema-d.*\.ts$/,
  },
  {
    name: 'ch-sims',
    form: 'csv',
    file: 'label.csv',
    text: lines(simsRows),
    lines: /datasets\/src\/corpora\/ch-sims\.ts$/,
  },
];
