// What mosi-lora and mosi-frozen need: `node benchmarks/mosi-size.mjs <folder> <preset> [steps] [trainer options]`. Makes, once, in the folder: base-size
// encoders with random weights, and a data set of MOSI's size whose rows share 48 recordings (1 to 9 s, 4 s in the mean) and texts, so that the first
// steps are a first pass and the later ones a later one. Then trains for so many steps, and prints peak memory, the steps' times, and disk.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@mmolre/backend';
import {
  data2VecAudioConfigJson,
  initBert,
  initData2VecAudio,
  readBertConfig,
  readData2VecAudioConfig,
} from '@mmolre/encoders';
import { loadText, saveData2VecAudio, saveText } from '@mmolre/encoders/node';
import { createRng } from '@mmolre/nn';

const [folder, preset, steps = '24', ...options] = process.argv.slice(2);
const root = fileURLToPath(new URL('..', import.meta.url));
const DISTINCT = 48;
const SIZES = { train: 1284, valid: 16, test: 16 };
const WORDS =
  'I really think that this movie was not what you hoped for but the actors and music were so good in it'.split(' ');

if (!existsSync(join(folder, 'data/label.csv'))) await make();
const [runs, cache] = ['runs', 'cache'].map((name) => join(folder, `${preset}-${name}`));
for (const old of [runs, cache]) rmSync(old, { recursive: true, force: true });
const settings = [`training.maxSteps=${steps}`, 'training.maxEpochs=1'].flatMap((setting) => ['--set', setting]);
const args = [
  '--preset',
  preset,
  '--data',
  join(folder, 'data'),
  '--runs',
  runs,
  '--cache',
  cache,
  '--json',
  ...settings,
];
const weights = ['--text', `roberta=${join(folder, 'roberta')}`, '--audio', `data2vec-audio=${join(folder, 'audio')}`];
const trainer = spawn(process.execPath, [join(root, 'apps/trainer/dist/cli.js'), ...args, ...weights, ...options], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
let peak = 0;
const status = () => readFileSync(`/proc/${trainer.pid}/status`, 'utf8');
const watch = setInterval(() => {
  try {
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status())?.[1] ?? 0));
  } catch {} // it has ended
}, 500);
await new Promise((done) => trainer.on('exit', done));
clearInterval(watch);

const [run] = readdirSync(runs).filter((name) => name.includes('-seed'));
const events = readFileSync(join(runs, run, 'metrics.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
  .filter(({ event }) => event === 'step');
const seconds = events.map((event, i) => event.seconds - (events[i - 1]?.seconds ?? 0));
const sorted = (values) => values.toSorted((a, b) => a - b);
const later = sorted(seconds.slice(Math.ceil(seconds.length / 2)));
const size = (at) =>
  !existsSync(at)
    ? 0
    : statSync(at).isDirectory()
      ? readdirSync(at).reduce((sum, name) => sum + size(join(at, name)), 0)
      : statSync(at).size;
console.log(
  JSON.stringify({
    preset,
    peakGiB: Number((peak / 2 ** 20).toFixed(2)),
    seconds: seconds.map((value) => Number(value.toFixed(2))),
    laterStep: { least: later[0], median: later[Math.floor(later.length / 2)] },
    cacheMiB: Math.round(size(cache) / 2 ** 20),
    checkpointMiB: Math.round(size(join(runs, run)) / 2 ** 20),
    load: loadavg()[0],
  }),
);

async function make() {
  await useBackend({ backend: 'cpu', log: () => {} });
  mkdirSync(join(folder, 'data'), { recursive: true });
  const small = fileURLToPath(new URL('../packages/encoders/src/__fixtures__/roberta-small', import.meta.url));
  const model = await loadText(small);
  const json = { model_type: 'roberta', max_position_embeddings: 514, type_vocab_size: 1, layer_norm_eps: 1e-5 };
  const config = readBertConfig(json, 'roberta');
  await saveText(join(folder, 'roberta'), {
    ...model,
    config,
    params: initBert(config, createRng(1)),
    configJson: json,
  });
  cpSync(join(small, 'tokenizer.json'), join(folder, 'roberta/tokenizer.json'));
  const audio = readData2VecAudioConfig({ model_type: 'data2vec-audio' });
  const audioJson = data2VecAudioConfigJson(audio);
  await saveData2VecAudio(join(folder, 'audio'), {
    config: audio,
    params: initData2VecAudio(audio, createRng(2)),
    configJson: audioJson,
  });

  const rng = createRng(3);
  for (let i = 0; i < DISTINCT; i++) {
    const length = Math.min(9, Math.max(1, Math.exp(Math.log(3.6) + 0.5 * rng.normal())));
    writeFileSync(
      join(folder, 'data', `${i}.wav`),
      wav(Int16Array.from({ length: length * 16_000 }, () => 3000 * rng.normal())),
    );
  }
  const rows = ['video_id,clip_id,text,label,mode,happiness,sadness,anger,surprise,disgust,fear,audio'];
  for (const [mode, count] of Object.entries(SIZES)) {
    for (let i = 0; i < count; i++) {
      const text = WORDS.slice(0, 4 + (((7 * i) % DISTINCT) % 17)).join(' ');
      rows.push(`${mode},${i},${text} ${i % DISTINCT},${(i % 7) - 3},${mode},${i % 2},0,0,0,0,0,${i % DISTINCT}.wav`);
    }
  }
  writeFileSync(join(folder, 'data/label.csv'), `${rows.join('\n')}\n`);
}

function wav(samples) {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write('WAVEfmt ', 8);
  for (const [value, at] of [
    [16, 16],
    [16_000, 24],
    [32_000, 28],
  ])
    head.writeUInt32LE(value, at);
  for (const [value, at] of [
    [1, 20],
    [1, 22],
    [2, 32],
    [16, 34],
  ])
    head.writeUInt16LE(value, at);
  head.write('data', 36);
  head.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([head, Buffer.from(samples.buffer)]);
}
