import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import { audioKinds, type TextConfig, textKinds } from '@mmolre/encoders';
import { findPlace, folderPlace, loadText } from '@mmolre/encoders/node';
import { frameCache } from '@mmolre/files';
import { disposeParams, evaluating, leaves, toSafetensors, variables } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { makeBatch } from './batch';
import { type ModelConfig, modelConfigSchema } from './config';
import { withAudioEncoder, withTextEncoder } from './encoder-choice';
import { mmolre } from './mmolre';
import { createModel, loadModel, type Model, openEncoders } from './model';
import { predict } from './predict';
import { paperModel } from './presets';

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

/** The paper's model at the width of the tiny audio encoder. */
function small(kind: TextConfig['kind'] = 'roberta', change: Partial<ModelConfig> = {}): ModelConfig {
  const audio = join(folder, 'data2vec-audio-small');
  const paper = paperModel(64, 11);
  const model = withAudioEncoder(withTextEncoder(paper, kind, place(kind)), 'data2vec-audio', audio);
  return modelConfigSchema.parse({
    ...model,
    dModel: 16,
    text: { ...model.text, maxTokens: 20, project: true },
    unitse: { ...model.unitse, ranks: [2, 3], taskRank: 2, topK: 1 },
    fusion: { ...model.fusion, numLayers: 1, numHeads: 2, width: 16 },
    heads: { hidden: 8, dropout: 0 },
    ...change,
  });
}

const options = { find: findPlace };
const create = (config: ModelConfig, seed = 1, cache?: string) =>
  createModel(config, seed, {
    ...options,
    ...(cache !== undefined && { frames: frameCache({ folder: cache, precision: 'float32' }) }),
  });

/** What a run keeps of a model. */
function keep(run: string, { params, opened }: Model): void {
  for (const [modality, { files }] of Object.entries(opened)) {
    mkdirSync(join(run, modality), { recursive: true });
    for (const [name, content] of files) writeFileSync(join(run, modality, name), content);
  }
  writeFileSync(join(run, 'model.safetensors'), toSafetensors(leaves(params)));
}
const load = (config: ModelConfig, run: string) => loadModel(config, folderPlace(run), options);

const sine = (samples: number, step: number) => Float32Array.from({ length: samples }, (_, i) => Math.sin(i * step));
const examples = [
  { id: 'a', text: 'what a movie, truly', audio: sine(9000, 0.05), sentiment: 2, emotions: [1, 0, 0, 0, 0, 0] },
  { id: 'b', text: 'nothing here', sentiment: -1, emotions: [0, 1, 0, 0, 0, 0] },
];

describeEachBackend('pretrained encoders in the model', () => {
  test.each(['roberta', 'bert', 'minilm'] as const)(
    '%s: a run loads without what it came from, and scores the same',
    async (kind) => {
      const config = small(kind);
      const model = await create(config);
      const runFolder = join(folder, 'run');
      keep(runFolder, model);
      const scores = predict(model, examples, { batchSize: 2 });

      if (kind !== 'minilm') rmSync(place(kind), { recursive: true });
      rmSync(join(folder, 'data2vec-audio-small'), { recursive: true });
      const loaded = await load(config, runFolder);
      expect(predict(loaded, examples, { batchSize: 2 })).toEqual(scores);
      expect([...leaves(loaded.params).keys()]).toEqual([...leaves(model.params).keys()]);
      expect(readdirSync(runFolder).sort()).toEqual(['audio', 'model.safetensors', 'text']);
      disposeParams(model.params);
      disposeParams(loaded.params);
    },
  );

  test('the weights are those of the folder, with a linear layer where the width is another, and all but the extractor train', async () => {
    const model = await create(small());
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
    const config = small('roberta');
    const both = await create(config);
    const { input } = makeBatch(both.encoders, examples);
    const { hidden, mask } = both.encoders.text.encode(input.text, evaluating);
    const padded = tf.mul(tf.sum(tf.abs(hidden), 2), tf.sub(1, mask));
    expect(tf.sum(mask).dataSync()[0]).toBeLessThan(mask.size);
    expect(tf.sum(padded).dataSync()[0]).toBe(0);
    const { grads } = tf.variableGrads(
      () =>
        tf.sum(mmolre(both.params, both.encoders, input, config, { training: true, seed: 1 }).sentiment!) as tf.Scalar,
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
    const narrow = await create(small('minilm'));
    expect([...leaves(narrow.params.text).keys()]).toEqual([]); // 16 is its own width
    disposeParams(narrow.params);
    const config = small('minilm', { dModel: 8, audio: { ...audioKinds.compact.preset(), numHeads: 2 } });
    const first = await create(config, 1, join(folder, 'cache'));
    expect([...leaves(first.params.text).keys()]).toEqual(['projection.weight', 'projection.bias']);
    predict(first, examples, { batchSize: 2 });
    const kept = () =>
      readdirSync(join(folder, 'cache'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.arrays'),
      );
    expect(kept()).toHaveLength(2);
    const second = await create(config, 2, join(folder, 'cache'));
    predict(second, examples, { batchSize: 2 });
    expect(kept()).toHaveLength(2);
    disposeParams(first.params);
    disposeParams(second.params);
  });

  test('convolutions that train take samples, and are never cached', async () => {
    const config = small();
    const audio = { ...config.audio, freezeConvolutions: false } as ModelConfig['audio'];
    const model = await create({ ...config, audio }, 1, join(folder, 'cache'));
    const paths = [...variables(model.params).keys()].filter((path) => path.startsWith('audio.feature_extractor.'));
    expect(paths.length).toBeGreaterThan(0);
    const frozen = await create(config);
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
    const config = small('minilm');
    const model = await create(config);
    const runFolder = join(folder, 'run');
    keep(runFolder, model);
    disposeParams(model.params);

    renameSync(place('minilm'), join(folder, 'moved'));
    await expect(load(config, runFolder)).rejects.toThrow(
      `${runFolder}: its text encoder is frozen, so its weights are not in the run but where they were: ${place('minilm')}: no such folder`,
    );
    cpSync(join(folder, 'moved'), place('minilm'), { recursive: true });
    const weights = readFileSync(join(place('minilm'), 'model.safetensors'));
    weights[weights.length - 1]! ^= 1;
    writeFileSync(join(place('minilm'), 'model.safetensors'), weights);
    // Another place: this process keeps what it read of the first.
    cpSync(place('minilm'), join(folder, 'changed'), { recursive: true });
    const at = (model: string) => ({ ...config, text: { ...config.text, model } as TextConfig });
    await expect(load(at(join(folder, 'changed')), runFolder)).rejects.toThrow(
      `${join(folder, 'changed')}: not the weights that ${runFolder}`,
    );
    disposeParams((await load(at(join(folder, 'moved')), runFolder)).params);
  });

  test('without a way to look for it', async () => {
    const config = small('minilm');
    const model = await create(config);
    keep(join(folder, 'run'), model);
    disposeParams(model.params);
    await expect(loadModel(config, folderPlace(join(folder, 'run')))).rejects.toThrow('pass the option find');
  });
});

describe('what does not fit is said before anything is read', () => {
  const problem = (config: ModelConfig) =>
    openEncoders(config, options).then(
      () => 'none',
      ({ message }: Error) => message,
    );
  const withText = (text: Partial<Extract<TextConfig, { kind: 'roberta' }>>): ModelConfig => {
    const config = small();
    return { ...config, text: { ...config.text, ...text } as TextConfig };
  };

  test('another width, with the way out', async () => {
    expect(await problem(withText({ project: false }))).toBe(
      `model.dModel: expected 12, the width of ${place('roberta')}, found 16; set model.text.project=true for a trained linear layer between them`,
    );
    const audio = await problem({ ...small(), dModel: 12 });
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
    await expect(openEncoders(small(), options, folderPlace(join(folder, 'run')))).rejects.toThrow(
      `${join(folder, 'run', 'text', 'config.json')}: not found`,
    );
  });
});

test('with the same kind the other settings stay', () => {
  const paper = paperModel(64, 11);
  expect(withTextEncoder(paper, 'roberta', 'a/folder').text).toEqual({ ...paper.text, model: 'a/folder' });
  expect(withTextEncoder(paper, 'minilm').text).toEqual(textKinds.minilm.preset());
  expect(() => withAudioEncoder(paper, 'compact', 'a/folder')).toThrow('the compact encoder reads no weights');
});

test.each([undefined, Number.NaN, 1.5, '1'])('a seed of %s is no seed', async (seed) => {
  await expect(createModel(small(), seed as number, options)).rejects.toThrow(
    `createModel seed: expected a whole number, got ${seed}`,
  );
});
