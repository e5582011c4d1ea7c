import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import { loadText } from '@mmolre/encoders';
import { disposeParams, evaluating, leaves, variables } from '@mmolre/nn';
import { loadModel, saveModel } from '@mmolre/training';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { makeBatch } from './batch';
import { type ModelConfig, modelConfigSchema, type RunConfig } from './config';
import type { TextConfig } from './encoder-config';
import { audioPresets, textPresets, withAudioEncoder, withTextEncoder } from './encoder-presets';
import { mmolre } from './mmolre';
import { createModel, openEncoders } from './model';
import { predict } from './predict';
import { paperMosi } from './presets';

// Tiny random checkpoints of Hugging Face's form: RoBERTa of width 12, BERT of width 16, Data2Vec-audio of width 16.

const fixtures = fileURLToPath(new URL('../../encoders/src/__fixtures__', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'mmolre-encoders-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(scratch, 'case-'));
  for (const name of ['roberta-small', 'bert-small', 'data2vec-audio-small'])
    cpSync(join(fixtures, name), join(folder, name), { recursive: true });
});

const place = (kind: TextConfig['kind']) => join(folder, kind === 'roberta' ? 'roberta-small' : 'bert-small');

/** The paper's run at the width of the tiny audio encoder. */
function small(kind: TextConfig['kind'] = 'roberta', change: Partial<ModelConfig> = {}): RunConfig {
  const audio = join(folder, 'data2vec-audio-small');
  const run = withAudioEncoder(withTextEncoder(paperMosi(), kind, place(kind)), 'data2vec-audio', audio);
  const { unitse, fusion } = run.model;
  const model: ModelConfig = {
    ...run.model,
    dModel: 16,
    text: { ...run.model.text, maxTokens: 20, project: true } as TextConfig,
    unitse: { ...unitse, ranks: [2, 3], taskRank: 2, topK: 1 },
    fusion: { ...fusion, numLayers: 1, numHeads: 2, width: 16 },
    heads: { hidden: 8, dropout: 0 },
    ...change,
  };
  return { ...run, model: modelConfigSchema.parse(model) };
}

const sine = (samples: number, step: number) => Float32Array.from({ length: samples }, (_, i) => Math.sin(i * step));
const examples = [
  { id: 'a', text: 'what a movie, truly', audio: sine(9000, 0.05), sentiment: 2, emotions: [1, 0, 0, 0, 0, 0] },
  { id: 'b', text: 'nothing here', sentiment: -1, emotions: [0, 1, 0, 0, 0, 0] },
];

describeEachBackend('pretrained encoders in the model', () => {
  test.each(['roberta', 'bert', 'minilm'] as const)(
    '%s: a run loads without what it came from, and scores the same',
    async (kind) => {
      const run = small(kind);
      const model = await createModel(run.model, 1);
      const runFolder = join(folder, 'run');
      await saveModel(runFolder, model, run);
      const scores = predict(model, examples, { batchSize: 2 });

      if (kind !== 'minilm') rmSync(place(kind), { recursive: true });
      rmSync(join(folder, 'data2vec-audio-small'), { recursive: true });
      const loaded = await loadModel(runFolder);
      expect(predict(loaded.model, examples, { batchSize: 2 })).toEqual(scores);
      expect([...leaves(loaded.model.params).keys()]).toEqual([...leaves(model.params).keys()]);
      expect(readdirSync(runFolder).sort()).toEqual(['audio', 'config.json', 'model.safetensors', 'text']);
      disposeParams(model.params);
      disposeParams(loaded.model.params);
    },
  );

  test('the weights are those of the folder, with a linear layer where the width is another, and all but the extractor train', async () => {
    const model = await createModel(small().model, 1);
    const { params: stored } = await loadText(place('roberta'));
    const [wanted, found] = [leaves(stored), leaves(model.params.text)];
    for (const path of [...wanted.keys()].filter((path) => !path.startsWith('pooler.')))
      expect(found.get(path)!.dataSync(), path).toEqual(wanted.get(path)!.dataSync());
    expect([...found.keys()].filter((path) => !wanted.has(path))).toEqual(['projection.weight', 'projection.bias']);
    expect(found.get('projection.weight')!.shape).toEqual([12, 16]);
    expect([...found.keys()].some((path) => path.startsWith('pooler.'))).toBe(false);

    const trained = [...variables(model.params).keys()];
    expect(trained).toContain('text.embeddings.word_embeddings.weight');
    expect(trained).toContain('audio.encoder.layers.0.attention.q_proj.weight');
    expect(trained.filter((path) => path.startsWith('audio.feature_extractor.'))).toEqual([]);
    expect([...leaves(model.params.audio).keys()].some((path) => path.startsWith('projection'))).toBe(false);
    disposeParams(model.params);
    disposeParams(stored);
  });

  test('gradients reach the embeddings through the layer; padded positions stay 0', async () => {
    const run = small('roberta');
    const both = await createModel(run.model, 1);
    const { input } = makeBatch(both.encoders, examples);
    const { hidden, mask } = both.encoders.text.encode(input.text, evaluating);
    const padded = tf.mul(tf.sum(tf.abs(hidden), 2), tf.sub(1, mask));
    expect(tf.sum(mask).dataSync()[0]).toBeLessThan(mask.size);
    expect(tf.sum(padded).dataSync()[0]).toBe(0);
    const { grads } = tf.variableGrads(
      () =>
        tf.sum(
          mmolre(both.params, both.encoders, input, run.model, { training: true, seed: 1 }).sentiment!,
        ) as tf.Scalar,
    );
    const norm = (path: string) => {
      const { name } = leaves(both.params).get(path) as tf.Variable;
      return tf.norm(grads[name]!).dataSync()[0];
    };
    expect(norm('text.embeddings.word_embeddings.weight')).toBeGreaterThan(0);
    expect(norm('text.projection.weight')).toBeGreaterThan(0);
    expect(norm('audio.feature_projection.projection.weight')).toBeGreaterThan(0);
    disposeParams(both.params);
  });

  test('a frozen text encoder has nothing but the layer in the tree, and computes a text once', async () => {
    const narrow = await createModel(small('minilm').model, 1);
    expect([...leaves(narrow.params.text).keys()]).toEqual([]); // 16 is its own width
    disposeParams(narrow.params);
    const run = small('minilm', {
      dModel: 8,
      audio: { ...audioPresets.compact(), numHeads: 2 },
    } as Partial<ModelConfig>);
    const first = await createModel(run.model, 1, { cache: join(folder, 'cache') });
    expect([...leaves(first.params.text).keys()]).toEqual(['projection.weight', 'projection.bias']);
    predict(first, examples, { batchSize: 2 });
    const kept = () =>
      readdirSync(join(folder, 'cache'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.frames'),
      );
    expect(kept()).toHaveLength(2);
    const second = await createModel(run.model, 2, { cache: join(folder, 'cache') });
    predict(second, examples, { batchSize: 2 });
    expect(kept()).toHaveLength(2);
    disposeParams(first.params);
    disposeParams(second.params);
  });

  test('convolutions that train take samples, and are never cached', async () => {
    const run = small();
    const audio = { ...run.model.audio, freezeConvolutions: false } as ModelConfig['audio'];
    const model = await createModel({ ...run.model, audio }, 1, { cache: join(folder, 'cache') });
    const paths = [...variables(model.params).keys()].filter((path) => path.startsWith('audio.feature_extractor.'));
    expect(paths.length).toBeGreaterThan(0);
    const frozen = await createModel(run.model, 1);
    const [one, other] = [model, frozen].map((of) => predict(of, examples, { batchSize: 2 }).predictions);
    one!.forEach(({ sentiment }, i) => {
      expect(sentiment).toBeCloseTo(other![i]!.sentiment!, 4);
    });
    expect(readdirSync(folder)).not.toContain('cache');
    disposeParams(model.params);
    disposeParams(frozen.params);
  });
});

describe('a frozen encoder whose weights are not what they were', () => {
  test('gone, or others: the run says so', async () => {
    const run = small('minilm');
    const model = await createModel(run.model, 1);
    const runFolder = join(folder, 'run');
    await saveModel(runFolder, model, run);
    disposeParams(model.params);

    renameSync(place('minilm'), join(folder, 'moved'));
    await expect(loadModel(runFolder)).rejects.toThrow(
      `${runFolder}: its text encoder is frozen, so its weights are not in the run but where they were: ${place('minilm')}: no such folder`,
    );
    cpSync(join(folder, 'moved'), place('minilm'), { recursive: true });
    const weights = readFileSync(join(place('minilm'), 'model.safetensors'));
    weights[weights.length - 1]! ^= 1;
    writeFileSync(join(place('minilm'), 'model.safetensors'), weights);
    // Another process: this one keeps what it read.
    const config = JSON.parse(readFileSync(join(runFolder, 'config.json'), 'utf8'));
    cpSync(place('minilm'), join(folder, 'changed'), { recursive: true });
    config.model.text.model = join(folder, 'changed');
    writeFileSync(join(runFolder, 'config.json'), JSON.stringify(config));
    await expect(loadModel(runFolder)).rejects.toThrow(`${join(folder, 'changed')}: not the weights that ${runFolder}`);
    config.model.text.model = join(folder, 'moved');
    writeFileSync(join(runFolder, 'config.json'), JSON.stringify(config));
    disposeParams((await loadModel(runFolder)).model.params);
  });
});

describe('what does not fit is said before anything is read', () => {
  const problem = (run: RunConfig) =>
    openEncoders(run.model).then(
      () => 'none',
      ({ message }: Error) => message,
    );
  const withText = (text: Partial<Extract<TextConfig, { kind: 'roberta' }>>): RunConfig => {
    const run = small();
    return { ...run, model: { ...run.model, text: { ...run.model.text, ...text } as TextConfig } };
  };

  test('another width, with the way out', async () => {
    expect(await problem(withText({ project: false }))).toBe(
      `model.dModel: expected 12, the width of ${place('roberta')}, found 16; set model.text.project=true for a trained linear layer between them`,
    );
    const run = small();
    const audio = await problem({ ...run, model: { ...run.model, dModel: 12 } });
    expect(audio).toContain('model.dModel: expected 16');
    expect(audio).toContain('model.audio.project=true');
  });

  test('a folder that is not there, or holds another kind', async () => {
    expect(await problem(withText({ model: join(folder, 'nowhere') }))).toContain(
      `${join(folder, 'nowhere')}: no such folder; expected the folder of a Hugging Face model, or hf:owner/name`,
    );
    expect(await problem(withText({ model: place('bert') }))).toContain('model.text.kind: expected bert, as ');
  });

  test.each(['roberta', 'minilm'] as const)('%s as a pickle alone, with the way to convert it', async (kind) => {
    renameSync(join(place(kind), 'model.safetensors'), join(place(kind), 'pytorch_model.bin'));
    expect(await problem(small(kind))).toContain('its weights are a pickle (pytorch_model.bin)');
  });

  test('audio as a pickle alone', async () => {
    const audio = join(folder, 'data2vec-audio-small');
    renameSync(join(audio, 'model.safetensors'), join(audio, 'pytorch_model.bin'));
    expect(await problem(small())).toContain('its weights are a pickle (pytorch_model.bin)');
  });

  test('more tokens than positions', async () => {
    expect(await problem(withText({ maxTokens: 96 }))).toBe(
      'model.text.maxTokens: expected 2 .. 38, the positions of this roberta, found 96',
    );
  });

  test('a model of the hub without a network', async () => {
    const { HF_HUB_OFFLINE, HF_HUB_CACHE } = process.env;
    Object.assign(process.env, { HF_HUB_OFFLINE: '1', HF_HUB_CACHE: join(folder, 'hub') });
    try {
      expect(await problem(withText({ model: 'hf:owner/name' }))).toContain(
        'HF_HUB_OFFLINE keeps it from being downloaded',
      );
    } finally {
      for (const [name, value] of Object.entries({ HF_HUB_OFFLINE, HF_HUB_CACHE }))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
  });

  test('a run without what it keeps of its encoder', async () => {
    const run = small();
    await expect(openEncoders(run.model, {}, join(folder, 'run'))).rejects.toThrow(
      `${join(folder, 'run', 'text', 'config.json')}: not found`,
    );
  });
});

test('every kind has a preset; with the same kind the other settings stay', () => {
  for (const [kind, preset] of Object.entries({ ...textPresets, ...audioPresets })) expect(preset().kind).toBe(kind);
  const paper = paperMosi();
  expect(withTextEncoder(paper, 'roberta', 'a/folder').model.text).toEqual({ ...paper.model.text, model: 'a/folder' });
  expect(withTextEncoder(paper, 'minilm').model.text).toEqual(textPresets.minilm());
  expect(() => withAudioEncoder(paper, 'compact', 'a/folder')).toThrow('the compact encoder reads no weights');
});
