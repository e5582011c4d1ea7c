import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runApp } from './__fixtures__/run-app';
import { toneFile } from './__fixtures__/tone';

// The built programs with pretrained encoders: tiny random checkpoints of Hugging Face's form, and a data set of the layout of any other.

const fixtures = fileURLToPath(new URL('../../../packages/encoders/src/__fixtures__', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-pretrained-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (name: 'trainer' | 'eval', ...args: string[]) =>
  runApp(name, folder, args, { HF_HUB_OFFLINE: '1', HF_HUB_CACHE: join(folder, 'hub') });

beforeAll(() => {
  mkdirSync(join(folder, 'data'));
  const rows = ['video_id,clip_id,text,label,mode,happiness,sadness,anger,surprise,disgust,fear,audio'];
  for (let i = 0; i < 12; i++) {
    writeFileSync(join(folder, 'data', `${i}.wav`), toneFile(4000 + 200 * i, 200 + 50 * i));
    const mode = i < 8 ? 'train' : i < 10 ? 'valid' : 'test';
    rows.push(`v,${i},what a movie ${'and '.repeat(i % 3)}music,${(i % 5) - 2},${mode},${i % 2},0,0,0,0,0,${i}.wav`);
  }
  writeFileSync(join(folder, 'data/label.csv'), `${rows.join('\n')}\n`);
  for (const name of ['roberta-small', 'bert-small', 'data2vec-audio-small'])
    cpSync(join(fixtures, name), join(folder, name), { recursive: true });
});

const common = ['--data', 'data', '--runs', join(folder, 'runs'), '--json'];
const set = (...settings: string[]) => settings.flatMap((setting) => ['--set', setting]);
const short = set('epochs=1', 'training.batchSize=4', 'model.text.maxTokens=24');
/** The paper's model at a small width; its own five fusion layers, two blocks and fifteen experts. */
const narrow = (dModel: number, numHeads: number) =>
  set(
    `model.dModel=${dModel}`,
    `model.fusion.numHeads=${numHeads}`,
    'model.fusion.width=24',
    'model.unitse.taskRank=4',
    `model.unitse.ranks=[${new Array(15).fill(4)}]`,
  );

/** How many texts and clips a cache holds. */
const kept = (cache: string) =>
  readdirSync(join(folder, cache), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.arrays'))
    .length;

/** Evaluates a run, and expects the scores that the trainer found. */
function expectSame(trained: ReturnType<typeof run>) {
  expect(trained.status, trained.stderr).toBe(0);
  const { run: path, test } = JSON.parse(trained.stdout);
  const evaluated = run('eval', '--run', join(folder, 'runs', path.split('/').at(-1)), '--json');
  expect(evaluated.status, evaluated.stderr).toBe(0);
  const { sentiment, emotion } = JSON.parse(evaluated.stdout);
  expect(sentiment.mae).toBeGreaterThan(0);
  expect({ sentiment, emotion }).toEqual({ sentiment: test.sentiment, emotion: test.emotion });
}

test.each([
  ['paper-mosi', [...narrow(16, 2), ...set('model.text.project=true')]],
  ['paper-mosei', [...narrow(12, 3), ...set('model.audio.project=true')]],
])('%s from folders of weights: trains, and evaluates alike when the folders are gone', (preset, options) => {
  const places = ['roberta-small', 'data2vec-audio-small'];
  const trained = run(
    'trainer',
    ...['--preset', preset, '--text', `roberta=${places[0]}`, '--audio', `data2vec-audio=${places[1]}`],
    ...[...common, ...short, ...options],
  );
  for (const place of places) renameSync(join(folder, place), join(folder, `${place}-away`));
  try {
    expectSame(trained);
  } finally {
    for (const place of places) renameSync(join(folder, `${place}-away`), join(folder, place));
  }
});

test('the default preset with a BERT, and with a frozen one that is computed once, cached or not', () => {
  expectSame(
    run('trainer', '--text', 'bert=bert-small', '--audio', 'data2vec-audio=data2vec-audio-small', ...common, ...short),
  );

  const frozen = (name: string, ...more: string[]) =>
    run('trainer', '--text', 'minilm=bert-small', '--name', name, ...common, ...short, ...more);
  const first = frozen('plain');
  expectSame(first);
  const cached = [frozen('cached', '--cache', 'cache'), frozen('again', '--cache', 'cache')];
  for (const { stdout, stderr } of cached)
    expect(JSON.parse(stdout || stderr).test).toEqual(JSON.parse(first.stdout).test);
  expect(kept('cache')).toBe(3); // distinct texts
  const losses = (name: string) =>
    readFileSync(join(folder, `runs/${name}-seed1/metrics.jsonl`), 'utf8').match(/"loss":[\d.]+/g);
  expect(losses('again')).toEqual(losses('plain'));

  renameSync(join(folder, 'bert-small'), join(folder, 'bert-away'));
  const gone = run('eval', '--run', 'runs/plain-seed1');
  renameSync(join(folder, 'bert-away'), join(folder, 'bert-small'));
  expect(gone.status).toBe(1);
  expect(gone.lastLine).toContain('its text encoder is frozen, so its weights are not in the run but where they were');
});

const behind = ['--text', 'roberta=roberta-small', '--audio', 'data2vec-audio=data2vec-audio-small', ...short];

test('mosi-lora keeps the adapters alone, and gives them to peft and transformers', () => {
  const targets = set('model.text.lora.targets=[query,dense]');
  const trained = run('trainer', '--preset', 'mosi-lora', ...common, ...behind, ...narrow(16, 2), ...targets);
  expectSame(trained);
  const path = join(folder, 'runs', JSON.parse(trained.stdout).run.split('/').at(-1));
  const weights = readFileSync(join(path, 'best/model.safetensors'), 'latin1');
  expect(weights).toContain('"text.encoder.layer.0.attention.self.query.lora_A.weight"');
  expect(weights).not.toMatch(/"(text|audio)\.(?!projection)[\w.]*(?<!lora_[AB])\.weight"/);
  for (const [options, file] of [
    [[], 'adapter_model.safetensors'],
    [['--merged'], 'model.safetensors'],
  ] as const) {
    const written = run('trainer', 'adapters', path, `out${options.length}`, ...options);
    expect(written.status, written.stderr).toBe(0);
    for (const modality of ['text', 'audio'])
      expect(readdirSync(join(folder, `out${options.length}`, modality))).toContain(file);
  }
  // The merged encoder is one like any other.
  const again = run('trainer', 'cost', '--text', 'roberta=out1/text', '--audio', 'data2vec-audio=out1/audio');
  expect(again.status, again.stderr).toBe(0);
});

test('mosi-frozen computes each text and clip once, and evaluates alike without what it kept', () => {
  const train = (name: string) =>
    run(
      'trainer',
      '--preset',
      'mosi-frozen',
      ...common,
      ...behind,
      ...narrow(16, 2),
      '--cache',
      'states',
      '--name',
      name,
    );
  const first = train('once');
  expectSame(first); // which has no cache
  expect(kept('states')).toBe(3 + 12); // and clips
  expect(JSON.parse(train('twice').stdout).test).toEqual(JSON.parse(first.stdout).test);
  const none = run('trainer', 'adapters', 'runs/once-seed1', 'nothing');
  expect(none.status).toBe(1);
  expect(none.lastLine).toContain(
    'expected an encoder with adapters (model.text.lora or model.audio.lora), found none',
  );
});

test('what cannot work ends with one line and code 1 before any recording is decoded', () => {
  const refused = (...args: string[]) => {
    const { status, lastLine, stderr } = run('trainer', ...args, '--data', 'data', '--runs', join(folder, 'refused'));
    expect(status, stderr).toBe(1);
    expect(stderr).not.toMatch(/^\s+at |decoding/m);
    return lastLine;
  };
  expect(refused('--text', 'roberta=nowhere')).toBe(
    `trainer: ${join(folder, 'nowhere')}: no such folder; expected the folder of a Hugging Face model, or hf:owner/name for one on the hub`,
  );
  expect(refused('--text', 'roberta')).toContain('HF_HUB_OFFLINE keeps it from being downloaded');
  const width = refused('--preset', 'paper-mosi', '--text', 'roberta=roberta-small', ...short);
  expect(width).toContain('model.dModel: expected 12, the width of ');
  expect(width).toContain('set model.text.project=true');
});

test('costs of any of them are counted', () => {
  const { status, stdout, stderr } = run(
    'trainer',
    'cost',
    '--text',
    'minilm',
    '--audio',
    'data2vec-audio=data2vec-audio-small',
    '--json',
  );
  expect(status, stderr).toBe(0);
  const { components } = JSON.parse(stdout).model;
  const of = (name: string) => components.find((part: { name: string }) => part.name === name).parameters;
  expect([of('text.projection'), of('audio.projection')]).toEqual([385 * 96, 17 * 96]);
});
