import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from './config';

const compact = (set: string[], file?: string) => resolveConfig({ preset: 'compact', set, file });
const yaml = (text: string) => {
  const file = join(mkdtempSync(join(tmpdir(), 'mmolre-config-')), 'run.yaml');
  writeFileSync(file, text);
  return file;
};

describe('resolveConfig', () => {
  test('settings win over the file, the file over the preset', () => {
    const file = yaml('training: { batchSize: 8, patience: 3 }');
    const { training } = compact(['training.patience=2', 'ablate=text', 'epochs=1'], file);
    expect(training).toMatchObject({ batchSize: 8, patience: 2, ablate: 'text', maxEpochs: 1, learningRate: 1e-3 });
  });

  test('settings apply to the variant of the preset', () => {
    const { model } = resolveConfig({ preset: 'quick', variant: 'post-fusion', set: ['model.fusion.numLayers=1'] });
    expect(model.unitse.numBlocks).toBe(0);
    expect(model.fusion).toMatchObject({ numLayers: 1, perTask: false });
  });

  test.each([
    ['training.batchsize=8', "unknown field 'training.batchsize'; expected one of learningRate"],
    ['trainin.batchSize=8', "unknown field 'trainin'; expected one of data, seed, model, training"],
    ['__proto__.polluted=1', "unknown field '__proto__'"],
    ['training.batchSize=eight', 'training.batchSize: '],
    ['training.batchSize=0', 'training.batchSize: '],
    ['ablate=video', 'training.ablate: '],
    ['model.unitse.topK=16', 'model.unitse.topK: expected at most 15'],
    ['model.fusion.perTask=false', 'model.fusion.perTask: expected true'],
    ['model.tasks=[emotion, sentiment]', 'model.tasks: expected sentiment, emotion, or both in this order'],
    ['model.unitse.mixture=moe', 'model.unitse.mixture: '],
    ['training.batchSize', 'expected field=value'],
  ])('--set %s is refused by name', (setting, message) => {
    expect(() => compact([setting])).toThrow(message);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test.each([
    ['training: {batchSize: [', 'expected YAML'],
    ['just text', 'expected fields'],
    ['model:\n  unitse:\n    topk: 3', "unknown field 'model.unitse.topk'"],
  ])('a file that holds %j is refused', (text, message) => {
    expect(() => compact([], yaml(text))).toThrow(message);
  });

  test('a missing file is named', () => {
    expect(() => compact([], '/nowhere/run.yaml')).toThrow('--config /nowhere/run.yaml: no such file');
  });
});
