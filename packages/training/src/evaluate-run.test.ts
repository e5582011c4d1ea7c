import { type Example, evaluate, type Prediction } from '@mmolre/model';
import { evaluationReport, toTerminal } from '@mmolre/report';
import { expect, test } from 'vitest';
import { type EvaluatedRun, evaluationFacts, metricsJson } from './evaluate-run';
import { partFacts } from './part-scores';
import type { RunRecord } from './run-record';

const happy = [1, 0, 0, 0, 0, 0];
const calm = [0, 0, 0, 0, 0, 0];
const examples: Example[] = [
  { id: 'a', text: 'fine', sentiment: 2, emotions: happy },
  { id: 'b', text: 'dull', sentiment: -1, emotions: calm },
  { id: 'c', text: 'bad', sentiment: -2, emotions: calm },
];
const half = new Array(6).fill(0.5);
const scored = (scores: Omit<Prediction, 'id'>[]) =>
  evaluate(
    examples,
    scores.map((score, i) => ({ id: examples[i]!.id, ...score })),
    half,
  );
const report: EvaluatedRun = {
  run: 'runs/x',
  data: 'data/x',
  corpus: undefined,
  split: 'test',
  count: 3,
  model: scored([
    { sentiment: 1.5, emotions: happy },
    { sentiment: -1.25, emotions: calm },
    { sentiment: -1.75, emotions: calm },
  ]),
  reads: 'both',
  baselines: scored(examples.map(() => ({ sentiment: -1, emotions: calm }))),
  parts: [],
  simple: [
    {
      name: 'linear on TF-IDF',
      reads: 'text',
      scores: scored([
        { sentiment: 1, emotions: happy },
        { sentiment: -1, emotions: happy },
        { sentiment: -2, emotions: calm },
      ]),
    },
    { name: 'words alone', reads: 'text', scores: { ...scored([{}, {}, {}].map(() => ({ emotions: calm }))) } },
  ],
  made: undefined,
  warning: undefined,
  out: 'somewhere',
};

const tables = (run: EvaluatedRun) => toTerminal(evaluationReport(evaluationFacts(run)));
const numbers = (line: string) => line.match(/\d\.\d{3}/g)!;

test('the model stands above simple models of the same samples, each with the modalities that it reads', () => {
  const lines = tables(report).split('\n');
  const at = lines.findIndex((line) => line.startsWith('beside simple models'));
  expect(lines.slice(at, at + 5).map((line) => line.trim().split(/ {2,}/))).toEqual([
    [
      'beside simple models',
      'reads',
      'correlation',
      'absolute error',
      'recall, six categories',
      'accuracy',
      'weighted F1',
    ],
    [expect.stringMatching(/^-+$/), ...new Array(6).fill(expect.stringMatching(/^-+$/))],
    ['this model', 'both', expect.stringMatching(/^0\.9\d\d$/), '0.333', '1.000', '1.000', '1.000'],
    ['linear on TF-IDF', 'text', expect.stringMatching(/^0\.9\d\d$/), '0.333', '0.750', '0.667', '0.667'],
    ['words alone', 'text', '0.500', '0.667', '0.533'],
  ]);
});

test('of a run without simple models a line says that there are none', () => {
  const bare: EvaluatedRun = { ...report, simple: undefined };
  expect(tables(bare)).toContain('no rows of simple models: it is a model alone, or a run from before');
  expect(tables(bare)).not.toContain('beside simple models');
  expect(JSON.parse(metricsJson(bare)).simple).toBeNull();
});

test('what reads one modality says so', () => {
  expect(tables({ ...report, reads: 'audio' })).toMatch(/this model +audio/);
});

test('the tables show the model beside the baselines', () => {
  const text = tables(report);
  const row = (start: string) => text.split('\n').find((line) => line.startsWith(`${start} `))!;
  expect(text).toContain('3 samples of the test split of data/x');
  expect(numbers(row('mean absolute error (-3 .. +3)'))).toEqual(['0.333', '1.333', '0.666', '0.505']);
  expect(numbers(row('happiness')).slice(0, 3)).toEqual(['0.333', '0.500', '1.000']);
  expect(row('correlation')).toMatch(/0\.9\d\d .* undefined/); // a constant answer correlates with nothing
  expect(text).toContain('undefined: every sample has, or none has, that emotion');
});

test("the paper's figures stand beside them, marked unless the data is the paper's by its content", () => {
  const head = (corpus: string | undefined) =>
    tables({ ...report, data: 'data/mosi', corpus })
      .split('\n')
      .find((line) => line.startsWith('sentiment '))!;
  const [other, mosi, mosei] = [undefined, 'mosi', 'mosei'].map(head);
  expect(
    [other, mosi, mosei].map((line) => /MMoLRE on MOSI(\*?) .*MMoLRE on MOSEI(\*?)$/.exec(line!)!.slice(1)),
  ).toEqual([
    ['*', '*'],
    ['', '*'],
    ['*', ''],
  ]);
  const text = tables(report);
  expect(text).toContain('* what the paper reports of other data than this');
  const last = text.split('\n').find((line) => line.startsWith('happiness '))!;
  expect(numbers(last).slice(-2)).toEqual(['0.694', '0.695']);
});

test("all systems of the paper's tables stand beside it on the paper's data, and on no other", () => {
  const rows = (corpus: string | undefined) =>
    tables({ ...report, corpus })
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
  const ofSystem = (corpus: string | undefined, name: string) => rows(corpus).filter(([first]) => first === name);
  expect(ofSystem('mosi', 'MulT')).toEqual([['MulT', '81.5', '80.6', '84.1', '83.9', '-', '-', '0.861', '0.711']]);
  expect(ofSystem('mosei', 'MulT')).toEqual([['MulT', '-', '-', '82.5', '82.3', '-', '-', '0.58', '0.713']]);
  expect(ofSystem('mosei', 'TBJE')[0]!.slice(0, 2)).toEqual(['TBJE', '66 / 65.5']);
  expect(ofSystem('mosi', 'TBJE')).toEqual([]);
  expect(ofSystem(undefined, 'MulT')).toEqual([]);
  expect(ofSystem('mosei', 'this model').map((row) => row.slice(1, 3))).toEqual([
    ['both', expect.any(String)],
    ['100.00', '100.00'],
    ['100.00 / 100.00', 'undefined / undefined'],
  ]);
});

test('a model of one task has the rows of that task alone, and null for the other', () => {
  const { sentiment, emotion } = report.model;
  const one: EvaluatedRun = {
    ...report,
    model: { sentiment, emotion: undefined },
    baselines: { sentiment, emotion: undefined },
    simple: [{ name: 'x', reads: 'text', scores: { sentiment, emotion: undefined } }],
  };
  expect(tables(one)).toContain('mean absolute error');
  expect(tables(one)).not.toMatch(/happiness|recall|undefined:|accuracy/);
  expect(JSON.parse(metricsJson(one))).toMatchObject({ emotion: null, baselines: { emotion: null } });
  const other: EvaluatedRun = {
    ...report,
    model: { sentiment: undefined, emotion },
    baselines: { sentiment: undefined, emotion },
    simple: [{ name: 'x', reads: 'text', scores: { sentiment: undefined, emotion } }],
  };
  expect(tables(other)).toContain('happiness');
  expect(tables(other)).not.toMatch(/absolute error|correlation/);
});

test('what must be said with the figures stands under the tables and in metrics.json', () => {
  const warned: EvaluatedRun = { ...report, warning: 'labels know the polarity' };
  expect(tables(warned)).toContain('warning: labels know the polarity\n');
  expect(JSON.parse(metricsJson(warned)).warning).toBe('labels know the polarity');
  expect(tables(report)).not.toContain('warning');
  expect(JSON.parse(metricsJson(report)).warning).toBeNull();
});

test('metrics.json has no place of its own in it, and null for what is undefined', () => {
  const metrics = JSON.parse(metricsJson(report));
  expect(metrics.out).toBeUndefined();
  expect(metrics.sentiment.mae).toBeCloseTo(1 / 3, 12);
  expect(metrics.baselines.sentiment.corr).toBeNull();
  expect(metrics.simple[0].scores.emotion.perEmotion.fear.accuracy).toBeNull();
  expect(metrics.simple[1].scores.sentiment).toBeNull();
  expect(metrics.emotion.perEmotion.fear.accuracy).toBeNull();
  expect(metrics.emotion.categoryRecall.mean).toBe(1);
});

test('parts stand in the tables and in metrics.json, null where they are not defined', () => {
  const passes = {
    whole: examples.map(({ id }) => ({ id, sentiment: 1, emotions: calm })),
    both: [0],
    without: { text: [{ id: 'a', sentiment: 1, emotions: calm }], audio: [{ id: 'a', sentiment: -1, emotions: calm }] },
  };
  const parts = partFacts({ examples, passes, tasks: ['sentiment', 'emotion'], thresholds: half });
  const metrics = JSON.parse(metricsJson({ ...report, parts }));
  expect(metrics.parts[0]).toMatchObject({ by: 'all', samples: 3, few: true, sentiment: { count: 3, corr: null } });
  expect(metrics.parts.find(({ name }: { name: string }) => name === 'without audio')).toMatchObject({
    samples: 1,
    sentiment: { mae: 3 },
    change: { sentiment: 2, category: 0 },
  });
  expect(tables({ ...report, parts })).toMatch(/\nwithout audio +1 \(few\) +undefined +3\.000/);
  expect(tables(report)).not.toContain('without audio');
});

test('what the run is stands above the tables: its seed, backend, data and the commits that it was trained by', () => {
  const session = { start: '', fromStep: 0, command: [], pid: 1, host: 'a', machine: 'b' };
  const code = (commit: string | null) => ({ commit, packages: {} });
  const made: RunRecord = {
    format: 1,
    seed: 7,
    dataFolder: 'data/x',
    identity: {
      config: {},
      data: '0123456789abcdef',
      encoders: {},
      backend: { name: 'native', version: 'TensorFlow 2.21.0', device: 'CPU', threads: 2 },
    },
    sessions: [
      { ...session, code: code('a'.repeat(40)) },
      { ...session, code: code(`${'b'.repeat(40)}, with changes`) },
    ],
  };
  expect(tables({ ...report, made })).toContain(
    'run: seed 7, native (TensorFlow 2.21.0, 2 threads), data 0123456789ab, commit aaaaaaaaaaaa, then bbbbbbbbbbbb, with changes\n',
  );
  expect(JSON.parse(metricsJson({ ...report, made })).made.seed).toBe(7);
  expect(JSON.parse(metricsJson(report)).made).toBeNull();
});
