import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Example, evaluate } from '@mmolre/model';
import { afterAll, expect, test } from 'vitest';
import { compact } from '../presets';
import { runFile } from '../run-layout';
import { newSession, type RunRecord, writeRecord } from '../run-record';
import { readHistory } from './history';
import { tellingUtterances } from './spoken';
import { writeReport } from './write-report';

const run = mkdtempSync(join(tmpdir(), 'mmolre-report-'));
afterAll(() => rmSync(run, { recursive: true, force: true }));

const code = { commit: '0123abcd', packages: { node: '20.0.0' } };
const record: RunRecord = {
  format: 1,
  seed: 7,
  dataFolder: 'data/mine',
  identity: {
    config: {},
    data: 'fa11',
    encoders: {},
    backend: { name: 'native', version: 'TensorFlow 2.21.0', device: 'CPU', threads: 2 },
  },
  sessions: [newSession(0, { command: [], machine: 'a machine', code })],
};

const [happy, sad] = [
  [1, 0, 0, 0, 0, 0],
  [0, 1, 0, 0, 0, 0],
];
const tone = (seconds: number) => Float32Array.from({ length: 16_000 * seconds }, (_, i) => 0.5 * Math.sin(i / 10));
const examples: (Example & { recording?: string })[] = [
  { id: 'a', text: 'fine', sentiment: 2, emotions: happy, recording: 'one.wav', audio: tone(1) },
  { id: 'b', text: 'good', sentiment: 2, emotions: happy, recording: 'one.wav', audio: tone(1) },
  { id: 'c', text: 'bad', sentiment: -2, emotions: sad, recording: 'two.wav', audio: tone(20) },
  { id: 'd', text: 'not labelled' },
];
const predictions = [
  { id: 'a', sentiment: 1.9, emotions: [0.6, 0.1, 0, 0, 0, 0] },
  { id: 'b', sentiment: 1.8, emotions: [0.9, 0.1, 0, 0, 0, 0] },
  { id: 'c', sentiment: 1, emotions: [0.9, 0.2, 0, 0, 0, 0] },
  { id: 'd', sentiment: 0, emotions: [0, 0, 0, 0, 0, 0] },
];
const thresholds = new Array<number>(6).fill(0.5);
const valid = evaluate(examples.slice(0, 3), predictions.slice(0, 3), thresholds);
const gates = (...selected: number[]) => [{ sentiment: { histogram: undefined, selected } }];
const lines = [
  { event: 'labels', warning: 'not a step' },
  { event: 'step', step: 1, loss: 3, learningRate: 0.001, samples: 8 },
  { event: 'step', step: 2, loss: 2, learningRate: 0.0005, samples: 8 },
  { event: 'epoch', epoch: 1, step: 2, trainLoss: 2.5, validLoss: 1, best: true, valid },
  { event: 'gates', epoch: 1, step: 2, samples: 4, gates: { text: gates(4, 1), audio: gates(0, 2) } },
].map((line) => JSON.stringify(line));

test('a history has what the log has, up to a line that is still being written', async () => {
  expect(await readHistory(run)).toEqual({ steps: [], epochs: [], routers: [] });
  writeFileSync(runFile(run, 'log'), `${lines.join('\n')}\n{"event":"step","step":3,"lo`);
  const { steps, epochs, routers } = await readHistory(run);
  expect(steps.map(({ loss }) => loss)).toEqual([3, 2]);
  expect(epochs).toMatchObject([{ epoch: 1, trainLoss: 2.5, corr: valid.sentiment!.corr, best: true }]);
  expect(routers).toEqual([
    { modality: 'text', block: 1, task: 'sentiment', shares: [{ epoch: 1, experts: [1, 0.25] }] },
    { modality: 'audio', block: 1, task: 'sentiment', shares: [{ epoch: 1, experts: [0, 0.5] }] },
  ]);
});

test('a report is there while the run is trained, and has tables and a model card once it is tested', async () => {
  expect(await writeReport(run, compact())).toBeUndefined(); // the folder of a model alone
  await writeRecord(run, record);
  const page = (await writeReport(run, compact()))!;
  expect(page).toBe(join(run, 'report', 'index.html'));
  const early = readFileSync(page, 'utf8');
  for (const words of ['SHA-256 fa11', '0123abcd', 'href="../run.json"', 'Not trained to its end: 2 steps'])
    expect(early).toContain(words);
  expect(existsSync(join(run, 'report', 'tables.tex'))).toBe(false);

  expect(early).not.toContain('bf16');

  const identity = { ...record.identity, config: { training: { precision: 'bf16' } } };
  await writeRecord(run, { ...record, identity });
  const finished = { steps: 2, bestEpoch: 1, stopped: 'finished', seconds: 9, parameters: 10 };
  writeFileSync(runFile(run, 'finished'), JSON.stringify(finished));
  writeFileSync(runFile(run, 'test'), JSON.stringify({ split: 'test', ...valid }));
  await writeReport(run, compact());
  const read = (name: string) => readFileSync(join(run, 'report', name), 'utf8');
  const mae = valid.sentiment!.mae!.toFixed(3);
  for (const name of ['index.html', 'report.md', 'tables.tex', 'model-card.md']) expect(read(name)).toContain(mae);
  for (const name of ['index.html', 'report.md', 'model-card.md'])
    expect(read(name)).toContain('bf16 in training, float32 in evaluation');
  expect(read('index.html')).toContain('Trained: 2 steps in 9 s, best epoch 1 (finished)');
  expect(read('model-card.md')).toMatch(/^---\ntags: .*\n---\n\n# .*loadTrainedRun\('/s);
  expect(JSON.parse(read('report.json')).history.steps).toHaveLength(2);
});

test('what tells most: by task, least and most wrong, no recording twice, unlabelled ones left out', () => {
  const found = tellingUtterances({ examples, predictions, thresholds });
  expect(found.map(({ title, utterances }) => [title, utterances.map(({ id }) => id)])).toEqual([
    ['Sentiment: what is most right', ['a', 'c']],
    ['Sentiment: what is most wrong', ['c', 'b']],
    ['Emotion: what is most right', ['b', 'c']],
    ['Emotion: what is most wrong', ['c', 'a']],
  ]);
  expect(found[0]!.utterances[1]!.lines).toEqual([
    'sentiment −2.00, predicted +1.00',
    'emotion sadness, predicted happiness',
    'happiness 0.90, sadness 0.20, anger 0.00, surprise 0.00, disgust 0.00, fear 0.00',
  ]);
  expect(tellingUtterances({ examples, predictions: predictions.map(({ id }) => ({ id })), thresholds })).toEqual([]);
});

test('a sound is a wav file of at most eight seconds at 8 kHz', () => {
  const [, { utterances }] = tellingUtterances({ examples, predictions, thresholds }) as [
    unknown,
    ReturnType<typeof tellingUtterances>[0],
  ];
  const { wav, peaks } = utterances[0]!.sound!;
  const bytes = Buffer.from(wav, 'base64');
  expect([bytes.toString('latin1', 0, 4), bytes.readUInt32LE(24), bytes.length]).toEqual([
    'RIFF',
    8000,
    44 + 2 * 64_000,
  ]);
  expect(peaks).toHaveLength(160);
  expect(Math.max(...peaks)).toBe(1);
});
