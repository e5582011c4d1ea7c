import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import { createRng, disposeParams, evaluating, freeze, leaves, seededValues, trainable, variables } from '@mmolre/nn';
import { readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { folderPlace } from '../node/folder-place';
import { miniLmFolder } from '../node/hub/fetch-minilm';
import { loadText, saveText } from '../node/pretrained';
import { differingSketches, sketch, sketchDistance } from '../test-weights';
import { textRules } from '../tokenizer/text-rules';
import { loadTokenizer } from '../tokenizer/tokenizer';
import { bert } from './bert';
import { bertLayout, initBert } from './bert-checkpoint';
import { readBertConfig, toConfigJson } from './bert-config';
import { createPretrainedText, embedTexts } from './pretrained-text';

const fixture = (name: string) => fileURLToPath(new URL(`../__fixtures__/${name}`, import.meta.url));
const numbers = (name: string) => readFixture(new URL(`../__fixtures__/${name}.safetensors`, import.meta.url));
const largest = (x: tf.Tensor) => tf.tidy(() => tf.max(tf.abs(x)).dataSync()[0]!);

/** The texts of scripts/reference/encoders/text.py. */
const TEXTS = ['I loved it!', 'The ending of this movie was not that bad, was it?', 'Nothing.'];

/** all-MiniLM-L6-v2, if this machine has fetched it already: 91 MB. */
const minilm = existsSync(join(miniLmFolder(), 'model.safetensors')) ? miniLmFolder() : undefined;
if (!minilm)
  console.warn(`the real all-MiniLM-L6-v2 left out: not in ${miniLmFolder()}, where fetchMiniLm() would put it`);

const python = process.env.MMOLRE_REFERENCE_PYTHON;
if (!python)
  console.warn('reading our files in Python left out: MMOLRE_REFERENCE_PYTHON names no Python with transformers');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-text-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describeEachBackend('a text encoder from a folder', () => {
  test.each(['roberta', 'bert'] as const)(
    'that transformers wrote: its tokens, padding and outputs (%s)',
    async (kind) => {
      const model = await loadText(fixture(`${kind}-small`));
      const encoder = createPretrainedText(model, { maxTokens: 30 });
      expect(encoder.dModel).toBe(model.config.dModel);
      const input = encoder.prepare(TEXTS);
      const wanted = numbers(kind);
      if (kind === 'bert') {
        expect(input.ids.arraySync()).toEqual(wanted.get('padded.ids').arraySync());
        expect(input.mask.arraySync()).toEqual(wanted.get('padded.mask').arraySync());
        expect(largest(tf.sub(encoder.encode(input, evaluating).hidden, wanted.get('padded.output')))).toBeLessThan(
          1e-5,
        );
      }
      const [short, long] = input.ids.arraySync();
      expect(short!.length).toBe(long!.length);
      expect(short!.at(-1)).toBe(model.config.padId);
      const lengths = TEXTS.map((text) => Math.min(model.tokenizer.encode(text).length, 30));
      expect(tf.sum(input.mask, 1).arraySync()).toEqual(lengths);
      disposeParams(model.params);
    },
  );

  test('trains, and frozen parts stay as they are', async () => {
    const { params, ...model } = await loadText(fixture('roberta-small'));
    const trained = trainable(params);
    freeze(trained.embeddings);
    freeze(trained.encoder.layer[0]!);
    const encoder = createPretrainedText({ ...model, params: trained });
    const [input, list] = [encoder.prepare(TEXTS), variables(trained)];
    expect([...list.keys()].every((path) => path.startsWith('encoder.layer.1.'))).toBe(true);
    const loss = () => tf.mean(tf.square(encoder.encode(input, { training: true, seed: 1 }).hidden)) as tf.Scalar;
    const { value, grads } = tf.variableGrads(loss, [...list.values()]);
    expect(Object.keys(grads)).toHaveLength(list.size);
    tf.dispose([value, grads]);
    disposeParams(trained);
  });

  test('what is saved is read back: equal tensors, tokens and settings', async () => {
    const config = readBertConfig(
      {
        ...{
          model_type: 'bert',
          vocab_size: 120,
          hidden_size: 12,
          num_hidden_layers: 1,
          num_attention_heads: 2,
          intermediate_size: 8,
        },
        ...{ hidden_act: 'relu', max_position_embeddings: 20, layer_norm_eps: 1e-6, hidden_dropout_prob: 0.2 },
      },
      'config.json',
    );
    const params = initBert(config, createRng(3));
    const tokenizer = await loadTokenizer(folderPlace(fixture('bert-small')));
    await saveText(folder, { config, params, tokenizer, configJson: { label2id: { a: 1 } } });
    const read = await loadText(folder);
    expect(read.config).toEqual(config);
    expect(read.configJson.label2id).toEqual({ a: 1 });
    expect(read.tokenizer.encode('what a movie')).toEqual(tokenizer.encode('what a movie'));
    const found = leaves(read.params);
    expect([...found.keys()].sort()).toEqual([...leaves(params).keys()].sort());
    for (const [path, leaf] of leaves(params)) expect(found.get(path)!.arraySync()).toEqual(leaf.arraySync());
  });

  test('sentence vectors: mean, unit length, one text as in a batch', async () => {
    const model = await loadText(fixture('bert-small'));
    const before = tf.memory().numTensors;
    const all = embedTexts(model, TEXTS, { pooling: 'mean' });
    const one = embedTexts(model, TEXTS.slice(0, 1), { pooling: 'mean' });
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(all.shape).toEqual([3, 16]);
    expect([...tf.norm(all, 2, 1).dataSync()].map((length) => Math.round(length * 1e5) / 1e5)).toEqual([1, 1, 1]);
    expect(relativeError(tf.slice(all, [0, 0], [1, 16]), one)).toBeLessThan(1e-5);
    const raw = embedTexts(model, TEXTS, { pooling: 'pooler', normalise: false });
    expect(largest(tf.sub(raw, numbers('bert').get('padded.pooled')))).toBeLessThan(1e-5);
  });

  test.skipIf(!minilm)('the real all-MiniLM-L6-v2: hidden states, gradients, pooling', async () => {
    const { params, ...model } = await loadText(minilm!);
    const wanted = numbers('bert-minilm');
    const trained = trainable(params);
    const quiet = { ...model.config, dropout: 0, attentionDropout: 0 };
    for (const name of ['plain', 'padded']) {
      const input = { ids: wanted.get<tf.Tensor2D>(`${name}.ids`), mask: wanted.get<tf.Tensor2D>(`${name}.mask`) };
      const run = () => bert(trained, input, quiet, { training: true, seed: 1 }).hidden;
      const hidden = run();
      const want = [...wanted.get(`${name}.output`).dataSync()];
      expect(sketchDistance(sketch('output', hidden), want) / want[0]!).toBeLessThan(1e-4);
      const weight = tf.mul(
        tf.tensor3d(seededValues(`${name}.weight`, hidden.size), hidden.shape),
        tf.expandDims(input.mask, 2),
      );
      const list = variables(trained);
      const { grads } = tf.variableGrads(() => tf.sum(tf.mul(run(), weight)) as tf.Scalar, [...list.values()]);
      const ours = new Map(
        [...list].flatMap(([path, { name }]) => (grads[name] ? [[path, grads[name]] as const] : [])),
      );
      expect(differingSketches(ours, wanted.tree(`${name}.grads`), bertLayout(quiet).axes, 1e-3)).toEqual([]);
      tf.dispose(grads);
    }
    const loaded = { ...model, params: trained };
    expect(createPretrainedText(loaded).prepare(TEXTS).ids.arraySync()).toEqual(wanted.get('padded.ids').arraySync());
    expect(largest(tf.sub(embedTexts(loaded, TEXTS, { pooling: 'mean' }), wanted.get('unit')))).toBeLessThan(1e-5);
    for (const [pooling, key] of [
      ['mean', 'mean'],
      ['first', 'first'],
      ['pooler', 'pooled'],
    ] as const) {
      // biome-ignore format: a table
      const vectors = embedTexts(loaded, TEXTS, { pooling, normalise: false });
      expect(largest(tf.sub(vectors, wanted.get(key)))).toBeLessThan(1e-5);
    }
    disposeParams(trained);
  });
});

describe('Python transformers', () => {
  const program = `
import json, sys, torch
torch.version.cuda = None
from transformers import AutoModel, AutoTokenizer
folder, texts = sys.argv[1], json.loads(sys.argv[2])
model, info = AutoModel.from_pretrained(folder, output_loading_info=True)
tokenizer = AutoTokenizer.from_pretrained(folder)
batch = tokenizer(texts, padding=True, return_tensors="pt")
with torch.no_grad():
    hidden = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
hidden = hidden * batch["attention_mask"][..., None]
print(json.dumps({"ids": batch["input_ids"].tolist(), "hidden": hidden.tolist(), "missing": sorted(info["missing_keys"]), "unexpected": sorted(info["unexpected_keys"])}))
`;
  test.skipIf(!python).each(['roberta', 'bert'] as const)(
    'reads what we write: equal tokens and outputs (%s)',
    async (kind) => {
      const { params: old, ...model } = await loadText(fixture(`${kind}-small`));
      disposeParams(old);
      const params = initBert({ ...model.config, initializerRange: 0.4 }, createRng(5));
      if (kind === 'roberta') delete params.pooler;
      await saveText(folder, { ...model, params });
      const output = execFileSync(python!, ['-c', program, folder, JSON.stringify(TEXTS)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const theirs = JSON.parse(output.trim().split('\n').at(-1)!);
      const encoder = createPretrainedText({ ...model, params });
      const input = encoder.prepare(TEXTS);
      expect(theirs.ids).toEqual(input.ids.arraySync());
      expect(theirs.unexpected).toEqual([]);
      expect(theirs.missing).toEqual(kind === 'roberta' ? ['pooler.dense.bias', 'pooler.dense.weight'] : []);
      expect(largest(tf.sub(encoder.encode(input, evaluating).hidden, tf.tensor3d(theirs.hidden)))).toBeLessThan(1e-5);
    },
  );
});

describe('settings', () => {
  test('config.json keeps its fields, with ours over them', () => {
    const json = JSON.parse(readFileSync(join(fixture('roberta-small'), 'config.json'), 'utf8'));
    const config = readBertConfig(json, 'config.json');
    expect(toConfigJson(config, json)).toEqual(json);
    expect(readBertConfig(toConfigJson(config), 'config.json')).toEqual(config);
    const half = toConfigJson(config, { ...json, architectures: ['RobertaForMaskedLM'], torch_dtype: 'float16' });
    expect(half).toEqual(json);
  });

  test('what is wrong is listed', () => {
    const wrong = {
      model_type: 'gpt2',
      hidden_size: 10.5,
      hidden_act: 'swish',
      hidden_dropout_prob: 1,
      is_decoder: true,
    };
    expect(() => readBertConfig(wrong, 'x')).toThrow(
      'x: model_type: expected one of bert, roberta, found "gpt2"; hidden_size: expected a whole number of 1 .. 1048576, found 10.5; ' +
        'hidden_act: expected one of gelu, relu, gelu_new, gelu_fast, gelu_pytorch_tanh, found "swish"; ' +
        'hidden_dropout_prob: expected a number of 0 .. 1 (exclusive), found 1; is_decoder: only encoders are built',
    );
    const ok = { model_type: 'roberta', hidden_size: 12, num_attention_heads: 5 };
    expect(() => readBertConfig(ok, 'x')).toThrow('x: num_attention_heads: 5 do not divide hidden_size 12');
    expect(() => readBertConfig([], 'x')).toThrow("x: expected a JSON object with 'model_type', 'hidden_size', ...");
    const relative = { model_type: 'bert', position_embedding_type: 'relative_key' };
    expect(() => readBertConfig(relative, 'x')).toThrow(
      'position_embedding_type: expected one of absolute, found "relative_key"',
    );
  });

  test('maxTokens within the positions, and a tokenizer that belongs to the model', async () => {
    const model = await loadText(fixture('roberta-small'));
    expect(() => createPretrainedText(model, { maxTokens: 39 })).toThrow(
      'maxTokens: expected 2 .. 38, the positions of this roberta, got 39',
    );
    await cp(fixture('roberta-small'), folder, { recursive: true });
    const json = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...json, vocab_size: 100 }));
    await expect(loadText(folder)).rejects.toThrow('the tokenizer gives ids up to 339, the model has vectors for 100');
    await writeFile(join(folder, 'config.json'), '{"model_type"');
    await expect(loadText(folder)).rejects.toThrow(
      `${join(folder, 'config.json')}: expected JSON, found something else (cut short?)`,
    );
    await rm(join(folder, 'config.json'));
    await expect(loadText(folder)).rejects.toThrow(
      'config.json: not found; expected the folder of a Hugging Face model',
    );
    disposeParams(model.params);
  });

  test('text rules', () => {
    expect(textRules.none(' A B ')).toBe(' A B ');
    expect(textRules.mmml('I LOVED THIS MOVIE')).toBe('I loved this movie');
    expect(textRules.mmml('😀 WOW Σ')).toBe('😀 wow σ');
    expect(textRules.mmml('')).toBe('');
    expect(textRules.unimse('  I LOVED it \n')).toBe('i loved it');
  });

  test('the rules are applied before a text is cut', async () => {
    const model = await loadText(fixture('roberta-small'));
    const ids = (text: string, rules: 'none' | 'mmml') =>
      createPretrainedText(model, { rules }).prepare([text]).ids.arraySync();
    expect(ids('WHAT A MOVIE', 'mmml')).toEqual(ids('What a movie', 'none'));
    expect(ids('WHAT A MOVIE', 'none')).not.toEqual(ids('What a movie', 'none'));
    disposeParams(model.params);
  });
});
