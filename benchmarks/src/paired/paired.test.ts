import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wavFile } from '@mmolre/audio';
import { afterAll, expect, test } from 'vitest';
import { type PairedOptions, paired, pairedSwapped, trainedAgain } from './paired';
import { pairedReport } from './paired-report';

// The whole way with real trainings, on a tiny data set and a tiny model.

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-paired-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const root = fileURLToPath(new URL('../../..', import.meta.url));
const trainer = join(root, 'apps/trainer/dist/cli.js');

const CONFIG = `
model:
  text: { numLayers: 1, numHeads: 2, width: 16, maxTokens: 8 }
  audio: { maxSeconds: 0.3, numLayers: 1, numHeads: 2, width: 16, mel: { numBands: 8 }, convs: [{ kernel: 3, stride: 4 }] }
  unitse: { numBlocks: 1, ranks: [2, 3], taskRank: 2, topK: 2 }
  fusion: { numLayers: 1, numHeads: 2, width: 16 }
  heads: { hidden: 8 }
training: { batchSize: 6, maxEpochs: 1 }
`;

/** Six speakers, each with the same tones and words. */
function writeData(): string {
  const data = join(folder, 'data');
  mkdirSync(join(data, 'audio'), { recursive: true });
  const rows = Array.from({ length: 36 }, (_, i) => {
    const good = i % 2 === 0;
    const tone = Float32Array.from({ length: 4_800 }, (_, t) => 0.3 * Math.sin(((good ? 300 : 1_200) + i) * t * 4e-4));
    writeFileSync(join(data, `audio/${i % 18}.wav`), wavFile(tone, 16_000));
    return `v${i},0,a ${good ? 'wonderful' : 'terrible'} movie ${i},${good ? 2 : -2},train,${good ? 1 : 0},0,${good ? 0 : 1},0,0,0,audio/${i % 18}.wav,s${Math.floor((i % 18) / 3)}`;
  });
  const head = 'video_id,clip_id,text,label,mode,happiness,sadness,anger,surprise,disgust,fear,audio,speaker';
  writeFileSync(join(data, 'label.csv'), `${[head, ...rows].join('\n')}\n`);
  return data;
}

test.skipIf(!existsSync(trainer))(
  'trains a block, goes on where it was stopped, swaps, and trains one again',
  async () => {
    writeFileSync(join(folder, 'tiny.yaml'), CONFIG);
    const said: string[] = [];
    const options: PairedOptions = {
      form: 'short',
      preset: 'compact',
      data: writeData(),
      config: join(folder, 'tiny.yaml'),
      set: [],
      folds: { groups: 3 },
      minutes: 0.1, // one block at least
      resamples: 50,
      runs: join(folder, 'runs'),
      out: join(folder, 'out'),
      root,
      trainer,
      log: (line) => said.push(line),
    };
    await expect(pairedSwapped(options)).rejects.toThrow(/expected the runs of a block, found none/);

    const facts = await paired(options);
    if (typeof facts === 'number') throw new Error(said.join('\n'));
    expect(facts.blocks).toEqual([{ fold: 1, seed: 1, speakers: ['s0', 's3'], rows: 12 }]);
    expect(facts.design).toMatch(/^1 block of 4 models \(1 of 3 folds, seed 1\): one block sees no difference/);
    const of = (name: string) => facts.figures.filter((one) => one.name === name).map(({ metric }) => metric);
    expect([of('mmolre'), of('msa-only'), of('mer-only')].map((metrics) => metrics.includes('recall'))).toEqual([
      true,
      false,
      true,
    ]);
    expect(of('linear on TF-IDF')).toEqual(['recall', 'correlation', 'error']);
    expect(facts.claims.map(({ claim }) => claim)).toContain('mmolre is better than linear on TF-IDF: error');
    expect(facts.claims.filter(({ holds }) => holds)).toEqual([]); // of one block nothing is claimed
    expect(JSON.parse(readFileSync(join(folder, 'out/paired.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(facts)),
    );
    expect(pairedReport(facts).length).toBeGreaterThan(8);

    said.length = 0;
    expect(await paired(options)).toEqual(facts);
    expect(said.filter((line) => line.endsWith('already there'))).toHaveLength(4);

    const swapped = await pairedSwapped(options);
    expect([swapped.swapped, swapped.claims.filter(({ holds }) => holds)]).toEqual([true, []]);

    expect(await trainedAgain(options, 'msa-only')).toBeUndefined();
    const kept = join(folder, 'runs/msa-only-fold1-seed1/predictions.csv');
    writeFileSync(
      kept,
      readFileSync(kept, 'utf8').replace(/(\d)\n$/, (digit) => `${(Number(digit[0]) + 1) % 10}\n`),
    );
    writeFileSync(kept, readFileSync(kept, 'utf8').replace(/,-?0\.\d+,/, ',0.5,'));
    expect(await trainedAgain(options, 'msa-only-fold1-seed1')).toMatch(/predictions\.csv is another/);
    await expect(trainedAgain(options, 'nothing')).rejects.toThrow(/--again nothing: expected one of mmolre, /);
  },
);
