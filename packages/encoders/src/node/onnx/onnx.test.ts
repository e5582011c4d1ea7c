import { copyFile, cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describeEachBackend } from '@mmolre/backend/test';
import { evaluating } from '@mmolre/nn';
import { readFixture } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadOnnxAudio } from './onnx-audio';
import { openOnnx } from './onnx-session';
import { loadOnnxText } from './onnx-text';

const fixture = (name: string) => fileURLToPath(new URL(`../../__fixtures__/onnx-${name}`, import.meta.url));
const wanted = () => readFixture(new URL('../../__fixtures__/onnx.safetensors', import.meta.url));
const distance = (a: tf.Tensor, b: tf.Tensor) => {
  expect(a.shape).toEqual(b.shape);
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!);
};
const ALLOWED = 1e-4;

/** The texts and clips of scripts/reference/encoders/onnx_files.py. */
const TEXTS = ['I loved it!', 'The ending of this movie was not that bad, was it?', 'Nothing.'];
const clips = () => [0, 1, 2].map((i) => wanted().get(`clips.${i}`).dataSync() as Float32Array);
const LIBRARIES = ['huggingface', 'xenova'] as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-onnx-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Files of this process's memory that are ONNX Runtime. */
const runtimes = () =>
  (process.report.getReport() as unknown as { sharedObjects: string[] }).sharedObjects.filter((path) =>
    path.includes('onnxruntime'),
  );

test('the package loads no ONNX Runtime before an encoder is asked for', async () => {
  await import('../../index');
  await import('../../onnx');
  expect(runtimes()).toEqual([]);
  const encoder = await loadOnnxText(fixture('roberta'));
  expect(encoder.library).toBe('huggingface'); // if both are installed
  expect(runtimes().length).toBeGreaterThan(0);
  await encoder.close();
});

describe.each(LIBRARIES)('by the library %s', (library) => {
  describeEachBackend('a text encoder', () => {
    test.each(['roberta', 'bert'])('gives Python’s hidden states and masks, padded and unpadded (%s)', async (name) => {
      const together = await loadOnnxText(fixture(name), { library });
      expect(together).toMatchObject({ library, params: {}, dModel: { roberta: 12, bert: 16 }[name] });
      const before = tf.memory().numTensors;
      const input = together.prepare(TEXTS);
      const { hidden, mask } = together.encode(input, { training: true, seed: 1 });
      expect(tf.memory().numTensors).toBe(before + 3);
      expect(mask.arraySync()).toEqual(wanted().get(`${name}.mask`).arraySync());
      expect(distance(hidden, wanted().get(`${name}.together`))).toBeLessThan(ALLOWED);
      hidden.dispose(); // the caller's, while the input stays
      expect(input.hidden.isDisposed).toBe(false);

      const alone = await loadOnnxText(fixture(name), { library, batches: 'alone' });
      for (const [i, text] of TEXTS.entries()) {
        const one = wanted().get(`${name}.alone.${i}`);
        for (const encoder of [together, alone]) {
          const { hidden, mask } = encoder.prepare([text]);
          expect(distance(hidden, one)).toBeLessThan(ALLOWED);
          expect(tf.min(mask).dataSync()[0]).toBe(1);
        }
      }
      await together.close();
      await alone.close();
    });

    test('cuts and changes texts as it is told', async () => {
      const encoder = await loadOnnxText(fixture('roberta'), { library, maxTokens: 6, rules: 'mmml' });
      const { hidden, mask } = encoder.prepare(['I LOVED IT, AND THE MUSIC', 'i']);
      expect(hidden.shape).toEqual([2, 6, 12]);
      const same = encoder.prepare(['I loved it, and the music', 'i']);
      expect(distance(hidden, same.hidden)).toBe(0);
      expect(tf.sum(mask, 1).arraySync()).toEqual([6, 3]);
      await encoder.close();
    });
  });

  describeEachBackend('an audio encoder', () => {
    test('gives Python’s hidden states and masks, padded and unpadded', async () => {
      const together = await loadOnnxAudio(fixture('data2vec-audio'), { library });
      const alone = await loadOnnxAudio(fixture('data2vec-audio'), { library, batches: 'alone' });
      const { hidden, mask } = together.encode(together.prepare(clips()), evaluating);
      expect(mask.arraySync()).toEqual(wanted().get('data2vec-audio.mask').arraySync());
      expect(distance(hidden, wanted().get('data2vec-audio.together'))).toBeLessThan(ALLOWED);
      const apart = alone.prepare(clips());
      expect(apart.mask.arraySync()).toEqual(mask.arraySync());
      for (const [i, clip] of clips().entries()) {
        const one = wanted().get<tf.Tensor3D>(`data2vec-audio.alone.${i}`);
        expect(distance(together.prepare([clip]).hidden, one)).toBeLessThan(ALLOWED);
        expect(distance(tf.slice(apart.hidden, [i, 0, 0], [1, one.shape[1], -1]), one)).toBeLessThan(ALLOWED);
      }
      await together.close();
      await alone.close();
    });

    test('runs clips one by one where padding cannot be masked', async () => {
      const encoder = await loadOnnxAudio(fixture('unmasked-audio'), { library });
      const { hidden, mask } = encoder.prepare(clips());
      for (const i of [0, 1, 2]) {
        const one = wanted().get<tf.Tensor3D>(`unmasked-audio.alone.${i}`);
        const T = one.shape[1];
        expect(distance(tf.slice(hidden, [i, 0, 0], [1, T, -1]), one)).toBeLessThan(ALLOWED);
        expect(
          hidden
            .arraySync()
            [i]!.slice(T)
            .flat()
            .every((x) => x === 0),
        ).toBe(true);
        expect(mask.arraySync()[i]).toEqual(Array.from({ length: hidden.shape[1] }, (_, t) => (t < T ? 1 : 0)));
      }
      await encoder.close();
      await expect(loadOnnxAudio(fixture('unmasked-audio'), { library, batches: 'together' })).rejects.toThrow(
        "model.onnx: batches: 'together' cannot be: it has no input attention_mask",
      );
    });

    test('cuts a clip, and fills up one that is too short for a frame', async () => {
      const encoder = await loadOnnxAudio(fixture('data2vec-audio'), { library, maxSeconds: 0.02 });
      const { mask } = encoder.prepare([new Float32Array(16_000).fill(0.5), Float32Array.of(0.1, 0.2)]);
      expect(tf.sum(mask, 1).arraySync()).toEqual([15, 1]); // of 320 samples; of 10 · 1
      await encoder.close();
    });
  });

  test('alone, what an item becomes is kept on disk and does not depend on its batch', async () => {
    const cache = { folder, precision: 'float32' } as const;
    const text = await loadOnnxText(fixture('roberta'), { library, batches: 'alone', cache });
    const audio = await loadOnnxAudio(fixture('data2vec-audio'), { library, batches: 'alone', cache });
    const [first, sound] = [text.prepare(TEXTS), audio.prepare(clips())];
    await text.close();
    await audio.close();
    const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.arrays'));
    expect(files).toHaveLength(6);
    expect(distance(text.prepare(TEXTS).hidden, first.hidden)).toBe(0); // though its model is gone
    expect(distance(audio.prepare(clips()).hidden, sound.hidden)).toBe(0);
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 4 }), (chosen) => {
        tf.tidy(() => {
          const { hidden } = text.prepare(chosen.map((i) => TEXTS[i]!));
          chosen.forEach((i, b) => {
            const T = Math.min(hidden.shape[1], first.hidden.shape[1]);
            const row = (x: tf.Tensor3D, at: number) => tf.slice(x, [at, 0, 0], [1, T, -1]);
            expect(distance(row(hidden, b), row(first.hidden, i))).toBe(0);
          });
        });
      }),
    );
    expect(() => text.prepare(['new'])).toThrow('model.onnx: the encoder has been closed');
  });

  test('takes the ONNX file that is named', async () => {
    await cp(fixture('roberta'), folder, { recursive: true });
    await rename(join(folder, 'onnx/model.onnx'), join(folder, 'onnx/model_quantized.onnx'));
    const encoder = await loadOnnxText(folder, { library, file: 'onnx/model_quantized.onnx' });
    expect(distance(encoder.prepare(TEXTS).hidden, wanted().get('roberta.together'))).toBeLessThan(ALLOWED);
    await encoder.close();
  });

  test('says what is wrong with a model', async () => {
    const found = `not an encoder of this kind: expected the input input_ids, and at most input_ids, attention_mask, token_type_ids; found pixel_values; expected the output last_hidden_state, found logits`;
    await expect(loadOnnxText(fixture('strange'), { library })).rejects.toThrow(found);
    await expect(loadOnnxText(fixture('roberta'), { library, output: 'logits' })).rejects.toThrow(
      'expected the output logits, found last_hidden_state: name the one',
    );
    await expect(loadOnnxAudio(fixture('bert'), { library })).rejects.toThrow(
      'expected the input input_values, and at most input_values, attention_mask; found input_ids, attention_mask',
    );
    await cp(fixture('data2vec-audio'), folder, { recursive: true });
    await writeFile(
      join(folder, 'config.json'),
      '{"model_type":"data2vec-audio","conv_kernel":[10],"conv_stride":[5]}',
    );
    await expect(loadOnnxAudio(folder, { library })).rejects.toThrow(
      "expected 'last_hidden_state' of shape [1, 319, D], found [1, ",
    );
    await writeFile(join(folder, 'onnx/model.onnx'), 'version https://git-lfs.github.com/spec/v1');
    await cp(join(fixture('data2vec-audio'), 'config.json'), join(folder, 'config.json'));
    await expect(loadOnnxAudio(folder, { library })).rejects.toThrow(/model\.onnx: @.*cannot open it: .*protobuf/i);
  });

  test('says what the runtime refuses, and goes on', async () => {
    const session = await openOnnx(join(fixture('strange'), 'model.onnx'), { library });
    const feed = { type: 'float32', data: Float32Array.of(1, 2), dims: [1, 2] } as const;
    expect(() =>
      session.run({ pixel_values: { type: 'int64', data: BigInt64Array.of(1n), dims: [1, 1] } }, 'logits'),
    ).toThrow(/model\.onnx: .*data type.*fed pixel_values int64 \[1, 1\]/s);
    expect(() => session.run({}, 'logits')).toThrow('pixel_values');
    const { data, dims } = session.run({ pixel_values: { ...feed, dims: [1, 2] } }, 'logits');
    expect([...data, ...dims]).toEqual([1, 2, 1, 2]);
    await session.close();
  });

  test('says how to install the library where it is not', async () => {
    const worker = await workerElsewhere();
    await expect(openOnnx(join(fixture('roberta'), 'onnx/model.onnx'), { library, worker })).rejects.toThrow(
      `ONNX encoders run on @${library}/transformers, which is not installed: npm install --ignore-scripts @${library}/transformers`,
    );
  });

  test('says that a library which is there does not load', async () => {
    const worker = await workerElsewhere();
    const place = join(folder, 'node_modules', `@${library}`, 'transformers');
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
    await writeFile(join(place, 'index.js'), "import 'onnxruntime-common';");
    await expect(openOnnx(join(fixture('roberta'), 'onnx/model.onnx'), { worker })).rejects.toThrow(
      `@${library}/transformers is installed but does not load: Cannot find package 'onnxruntime-common'`,
    );
  });
});

test('says that neither library is installed', async () => {
  const worker = await workerElsewhere();
  await expect(openOnnx(join(fixture('roberta'), 'onnx/model.onnx'), { worker })).rejects.toThrow(
    'ONNX encoders run on @huggingface/transformers or @xenova/transformers, and neither is installed: ' +
      'npm install --ignore-scripts @huggingface/transformers',
  );
});

describe('what is asked for is checked before a model is opened', () => {
  test('files', async () => {
    await expect(loadOnnxText(join(folder, 'none'))).rejects.toThrow('none: no such folder');
    await expect(loadOnnxText(folder)).rejects.toThrow(
      `${folder}: expected onnx/model.onnx or model.onnx, not found; it has no ONNX file at all`,
    );
    await expect(loadOnnxText(fixture('roberta'), { file: 'onnx/model_quantized.onnx' })).rejects.toThrow(
      'expected onnx/model_quantized.onnx, not found; it has onnx/model.onnx: name one with the option file',
    );
    await expect(loadOnnxText(fixture('roberta'), { file: 'onnx' })).rejects.toThrow('ends in .onnx');
    await copyFile(join(fixture('bert'), 'model.onnx'), join(folder, 'model.onnx'));
    await expect(loadOnnxText(folder)).rejects.toThrow('config.json: not found');
    await expect(loadOnnxAudio(folder)).rejects.toThrow('config.json: not found');
    await copyFile(join(fixture('bert'), 'config.json'), join(folder, 'config.json'));
    await expect(loadOnnxText(folder)).rejects.toThrow('has no tokenizer');
    await writeFile(join(folder, 'config.json'), '{"model_type": "wav2vec2", "conv_kernel": [3], "conv_stride": []}');
    await expect(loadOnnxAudio(folder)).rejects.toThrow('conv_kernel, conv_stride: expected two lists');
    await writeFile(join(folder, 'config.json'), '{');
    await expect(loadOnnxAudio(folder)).rejects.toThrow('config.json: expected JSON, found something else');
    await cp(fixture('data2vec-audio'), folder, { recursive: true });
    await writeFile(join(folder, 'preprocessor_config.json'), '{"sampling_rate": 8000}');
    await expect(loadOnnxAudio(folder)).rejects.toThrow('sampling_rate: expected 16000, found 8000');
  });

  test('options', async () => {
    await expect(loadOnnxText(fixture('roberta'), { maxTokens: 39 })).rejects.toThrow('maxTokens: expected 2 .. 38');
    await expect(loadOnnxAudio(fixture('data2vec-audio'), { maxSeconds: 0 })).rejects.toThrow('maxSeconds');
    const cache = { folder, precision: 'float32' } as const;
    await expect(loadOnnxText(fixture('roberta'), { cache })).rejects.toThrow("only kept with batches: 'alone'");
    const encoder = await loadOnnxText(fixture('roberta'));
    expect(() => encoder.prepare([])).toThrow('expected at least one item');
    await encoder.close();
  });
});

/** The built worker in a folder from where no library can be found. */
async function workerElsewhere(): Promise<URL> {
  const worker = join(folder, 'onnx-worker.mjs');
  await copyFile(fileURLToPath(new URL('../../../dist/onnx-worker.js', import.meta.url)), worker);
  return pathToFileURL(worker);
}
