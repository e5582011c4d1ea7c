import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DEFAULT_MODEL } from '@mmolre/label-unification';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from './resolve-config';

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
    [
      'trainin.batchSize=8',
      "unknown field 'trainin'; expected one of data, reading, labels, labelsInEvaluation, unify, fold, seed, model, training",
    ],
    ['__proto__.polluted=1', "unknown field '__proto__'"],
    ['training.batchSize=eight', 'training.batchSize: '],
    ['training.batchSize=0', 'training.batchSize: '],
    ['ablate=video', 'training.ablate: '],
    ['model.unitse.topK=16', 'model.unitse.topK: expected at most 15'],
    ['model.fusion.perTask=false', 'model.fusion.perTask: expected true'],
    ['model.tasks=[emotion, sentiment]', 'model.tasks: expected sentiment, emotion, or both in this order'],
    ['model.unitse.mixture=moe', 'model.unitse.mixture: '],
    ['training.batchSize', 'expected field=value'],
    ['training.selectBy=emotion.recall', 'training.selectBy: '],
    ['training.encoderLearningRate=0', 'training.encoderLearningRate: '],
    ['training.schedule=exponential', 'training.schedule: '],
    ['labels=unify', 'unify.sources: expected at least one folder'],
    ['labelsInEvaluation=true', 'labelsInEvaluation: expected false where labels are own'],
    ['unify.rule=best', 'unify.rule: '],
    ['unify.threshold=2', 'unify.threshold: '],
  ])('--set %s is refused by name', (setting, message) => {
    expect(() => compact([setting])).toThrow(message);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test.each([
    [
      'training: {microBatch: 4}\nmodel: {unitse: {balanceWeight: 0.1}}',
      'training.microBatch: expected null, as how evenly a',
    ],
    [
      'training: {selectBy: sentiment.mae}\nmodel: {tasks: [emotion]}',
      'training.selectBy: expected last, loss, or a metric of emotion: the model has no sentiment; found sentiment.mae',
    ],
  ])('fields that do not fit each other are refused: %j', (text, message) => {
    expect(() => compact([], yaml(text))).toThrow(message);
  });

  test('without blocks there are no experts to balance, and a batch may be in parts', () => {
    const file = yaml('training: {microBatch: 4}\nmodel: {unitse: {balanceWeight: 0.1, numBlocks: 0}}');
    expect(compact([], file).training.microBatch).toBe(4);
  });

  test.each([
    ['training: {batchSize: [', 'expected YAML'],
    ['just text', 'expected fields'],
    ['model:\n  unitse:\n    topk: 3', "unknown field 'model.unitse.topk'"],
  ])('a file that holds %j is refused', (text, message) => {
    expect(() => compact([], yaml(text))).toThrow(message);
  });

  test('files and folders of labels count from where the user stands', () => {
    const sources = 'unify.sources=[MELD, other=data/IEMOCAP, /data/MOSEI]';
    const userPath = (path: string) => resolve('/home/user', path);
    const set = (...settings: string[]) => resolveConfig({ preset: 'compact', set: [sources, ...settings], userPath });
    expect(set('labels=unify', 'unify.model=models/simcse')).toMatchObject({
      labels: 'unify',
      unify: {
        model: '/home/user/models/simcse',
        sources: ['/home/user/MELD', 'other=/home/user/data/IEMOCAP', '/data/MOSEI'],
      },
    });
    expect(set('labels=labels.csv', 'unify.model=pip:minilm')).toMatchObject({
      labels: '/home/user/labels.csv',
      unify: { model: 'pip:minilm' },
    });
    expect(set()).toMatchObject({ labels: 'own', unify: { model: DEFAULT_MODEL } });
  });

  test('a missing file is named', () => {
    expect(() => compact([], '/nowhere/run.yaml')).toThrow('--config /nowhere/run.yaml: no such file');
  });
});
