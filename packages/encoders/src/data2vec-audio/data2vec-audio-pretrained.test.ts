import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import { evaluating, leaves, parseSafetensors, toSafetensors, toTensor } from '@mmolre/nn';
import { readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadData2VecAudio, saveData2VecAudio } from '../node/pretrained';
import { createData2VecAudio } from './data2vec-audio-encoder';
import type { PretrainedAudio } from './data2vec-audio-pretrained';

/** Written by `save_pretrained` of transformers. */
const theirs = fileURLToPath(new URL('../__fixtures__/data2vec-audio-small', import.meta.url));

describeEachBackend('Data2Vec-audio folders', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'data2vec-folder-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const fixture = () => readFixture(new URL('../__fixtures__/data2vec-audio.safetensors', import.meta.url));
  const read = (path: string) => readFileSync(join(path, 'model.safetensors'));
  const json = (path: string, name: string) => JSON.parse(readFileSync(join(path, name), 'utf8'));

  function expectOutput({ config, params }: PretrainedAudio) {
    const encoder = createData2VecAudio(config, params);
    const clips = [2, 0, 1].map((i) => fixture().get(`clips.${i}`).dataSync() as Float32Array);
    const { hidden } = encoder.encode(encoder.prepare(clips), evaluating);
    const want = fixture().get('small.padded.output');
    expect(relativeError(hidden, want)).toBeLessThan(1e-5);
    expect(tf.max(tf.abs(tf.sub(hidden, want))).dataSync()[0]).toBeLessThan(1e-4);
  }

  test('what transformers wrote gives its output, from raw clips to hidden states', async () => {
    expectOutput(await loadData2VecAudio(theirs));
  });

  test('what is written is what transformers wrote: names, axes, numbers, and the fields of config.json', async () => {
    await saveData2VecAudio(folder, await loadData2VecAudio(theirs));
    const [ours, wanted] = [folder, theirs].map((path) => parseSafetensors(read(path), path));
    expect([...ours!.keys()].sort()).toEqual([...wanted!.keys()].sort());
    for (const [name, { dtype, shape, bytes }] of wanted!) {
      const found = ours!.get(name)!;
      expect([name, found.dtype, found.shape]).toEqual([name, dtype, shape]);
      expect(Buffer.compare(found.bytes, bytes)).toBe(0);
    }
    expect(json(folder, 'config.json')).toEqual(json(theirs, 'config.json'));
    expect(json(folder, 'preprocessor_config.json')).toMatchObject({ do_normalize: true, sampling_rate: 16_000 });
    expectOutput(await loadData2VecAudio(folder));
  });

  test('a checkpoint with a head has a prefix, and its head is left alone', async () => {
    const tensors = new Map(
      [...parseSafetensors(read(theirs), 'theirs')].map(([name, t]) => [`data2vec_audio.${name}`, toTensor(t)]),
    );
    tensors.set('lm_head.weight', tf.ones([32, 16]));
    tensors.set('lm_head.bias', tf.ones([32]));
    writeFileSync(join(folder, 'model.safetensors'), toSafetensors(tensors));
    writeFileSync(join(folder, 'config.json'), readFileSync(join(theirs, 'config.json')));
    expectOutput(await loadData2VecAudio(folder));
  });

  test('a configuration that never masks needs no vector for masked frames', async () => {
    const tensors = new Map([...parseSafetensors(read(theirs), 'theirs')].map(([name, t]) => [name, toTensor(t)]));
    tensors.delete('masked_spec_embed');
    writeFileSync(join(folder, 'model.safetensors'), toSafetensors(tensors));
    const config = { ...json(theirs, 'config.json'), mask_time_prob: 0 };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const loaded = await loadData2VecAudio(folder);
    expect([...leaves(loaded.params).keys()]).not.toContain('masked_spec_embed');
    expectOutput(loaded);
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, mask_time_prob: 0.05 }));
    await expect(loadData2VecAudio(folder)).rejects.toThrow('missing masked_spec_embed');
  });

  test('says what does not fit', async () => {
    const inside = join(folder, 'model');
    mkdirSync(inside);
    await expect(loadData2VecAudio(inside)).rejects.toThrow(
      'config.json: not found; expected the folder of a Hugging Face model',
    );
    const config = json(theirs, 'config.json');
    writeFileSync(
      join(inside, 'config.json'),
      JSON.stringify({ ...config, intermediate_size: 25, num_hidden_layers: 1 }),
    );
    writeFileSync(join(inside, 'model.safetensors'), read(theirs));
    const load = () => loadData2VecAudio(inside);
    await expect(load).rejects.toThrow(
      'encoder.layers.0.feed_forward.intermediate_dense.weight: expected [25, 16], found [24, 16]',
    );
    await expect(load).rejects.toThrow('unexpected encoder.layers.1.attention.q_proj.weight');
    writeFileSync(
      join(inside, 'preprocessor_config.json'),
      JSON.stringify({ sampling_rate: 8000, do_normalize: false }),
    );
    await expect(load).rejects.toThrow(
      'sampling_rate: expected 16000, found 8000; do_normalize: expected true, found false',
    );
  });
});
