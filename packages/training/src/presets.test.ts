import { expect, test } from 'vitest';
import { departures } from './departures';
import { compact, mosiFrozen, mosiLora, paperMosei, paperMosi, presets, small, variants } from './presets';
import { runConfigSchema } from './run-config';

test('the paper presets leave the paper nowhere', () => {
  expect(departures(paperMosi())).toEqual([]);
  expect(departures(paperMosei())).toEqual([]);
});

test('they hold what section IV-B says', () => {
  const [mosi, mosei] = [paperMosi(), paperMosei()];
  for (const { model, training } of [mosi, mosei]) {
    expect(training).toMatchObject({ learningRate: 1e-5, batchSize: 8, patience: 8, weightDecay: 0.01 });
    expect(model.unitse).toMatchObject({ numBlocks: 2, taskRank: 128, residual: false, norm: false });
    expect(model.fusion.numLayers).toBe(5);
  }
  expect([mosi.model.unitse.ranks, mosi.model.unitse.topK]).toEqual([new Array(15).fill(64), 11]);
  expect([mosei.model.unitse.ranks, mosei.model.unitse.topK]).toEqual([new Array(15).fill(128), 8]);
});

test("the small machine's presets say what they change: the encoders' training, and what is narrower", () => {
  const behind = [
    'dModel: 192 (paper: 768)',
    'fusion.numLayers: 2 (paper: 5)',
    'learningRate: 0.0001 (paper: 0.00001)',
  ];
  expect(departures(mosiLora())).toEqual(
    expect.arrayContaining([...behind, 'text.lora.rank: 8 (paper: none)', 'audio.lora.alpha: 16 (paper: none)']),
  );
  expect(departures(mosiFrozen())).toEqual(
    expect.arrayContaining([
      ...behind,
      'text.frozen: "layers" (paper: null)',
      'audio.frozen: "layers" (paper: null)',
      'audio.averageFrames: 2 (paper: 1)',
    ]),
  );
  for (const run of [mosiLora(), mosiFrozen()]) expect(runConfigSchema.parse(structuredClone(run))).toEqual(run);
});

test('a run that was saved before encoders could be frozen has them trained', () => {
  const { lora: _, frozen: __, ...text } = paperMosi().model.text as Record<string, unknown>;
  const {
    lora: ___,
    frozen: ____,
    averageFrames: _____,
    ...audio
  } = paperMosi().model.audio as Record<string, unknown>;
  const run = paperMosi();
  expect(runConfigSchema.parse({ ...run, model: { ...run.model, text, audio } })).toEqual(run);
});

test('every departure is named with both values', () => {
  const lines = departures(compact());
  expect(lines).toContain('unitse.residual: true (paper: false)');
  expect(lines).toContain('fusion.numLayers: 2 (paper: 5)');
  expect(lines).toContain('text.kind: "compact" (paper: "roberta")');
  expect(lines.filter((line) => /^(text|audio)\.(model|project|rules)/.test(line))).toEqual([]); // the kind says it
  const changed = paperMosei();
  changed.training.batchSize = 16;
  expect(departures(changed)).toEqual(['batchSize: 16 (paper: 8)']);
});

test('a rate for each encoder is told by encoder', () => {
  const lines = departures(small());
  expect(lines.filter((line) => line.startsWith('encoderLearningRate'))).toEqual([
    'encoderLearningRate.text: 0.0005 (paper: none)',
    'encoderLearningRate.audio: null (paper: none)',
  ]);
});

test('whose labels are trained on is no departure; how they are unified is one, where they are', () => {
  const run = paperMosi();
  run.unify = { ...run.unify, sources: ['MELD'], model: 'pip:minilm' };
  expect(departures(run)).toEqual([]);
  expect(departures({ ...run, labels: 'labels.csv' })).toEqual([]);
  expect(departures({ ...run, labels: 'unify', labelsInEvaluation: true })).toEqual([
    'labelsInEvaluation: true (paper: false)',
    'unify.model: "pip:minilm" (paper: "hf:princeton-nlp/sup-simcse-bert-base-uncased")',
  ]);
});

test('a run that was saved before labels could be unified has its own', () => {
  const { labels: _, labelsInEvaluation: __, unify: ___, ...rest } = compact();
  expect(runConfigSchema.parse(rest)).toEqual(compact());
});

test('a run that was saved before parameters had groups is as it was', () => {
  for (const run of [compact(), paperMosi()]) {
    const { encoderLearningRate: _, decayAll: __, microBatch: ___, selectBy: ____, ...training } = run.training;
    expect(runConfigSchema.parse({ ...run, training })).toEqual(run);
  }
});

test('how AdamW goes is a departure; how many samples are computed at once is none', () => {
  const run = paperMosi();
  run.training = {
    ...run.training,
    encoderLearningRate: 1e-6,
    decayAll: false,
    selectBy: 'sentiment.mae',
    microBatch: 2,
  };
  expect(departures(run)).toEqual([
    'encoderLearningRate: 0.000001 (paper: null)',
    'decayAll: false (paper: true)',
    'selectBy: "sentiment.mae" (paper: "loss")',
  ]);
});

test('without UniTSE its settings are no departures', () => {
  expect(departures(variants['pre-fusion'](paperMosei()))).toEqual(['unitse.numBlocks: 0 (paper: 2)']);
  expect(departures(variants['post-fusion'](paperMosei()))).toEqual([
    'unitse.numBlocks: 0 (paper: 2)',
    'fusion.perTask: false (paper: true)',
  ]);
  expect(departures(variants['msa-only'](paperMosei()))).toEqual([
    'tasks: ["sentiment"] (paper: ["sentiment","emotion"])',
    'unitse.numBlocks: 0 (paper: 2)',
  ]);
  expect(departures(variants.ple(paperMosei()))).toEqual(['unitse.mixture: "ple" (paper: "mmolre")']);
  expect(departures(variants.mmolre(paperMosei()))).toEqual([]);
});

test('every variant of every preset is a valid configuration, and changes nothing of the preset itself', () => {
  for (const preset of Object.values(presets)) {
    const run = preset();
    for (const variant of Object.values(variants)) expect(runConfigSchema.parse(variant(run))).toEqual(variant(run));
    expect(run).toEqual(preset());
  }
  const { unitse } = variants['full-rank'](paperMosei()).model;
  expect([unitse.ranks, unitse.taskRank]).toEqual([new Array(15).fill(768), 768]);
});

test('every preset is a valid configuration', () => {
  for (const preset of Object.values(presets)) expect(runConfigSchema.parse(preset())).toEqual(preset());
});
