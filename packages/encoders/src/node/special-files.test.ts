import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { placeSpecialFile, SPECIAL_FILES } from '@mmolre/files/test';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encoderFiles } from './hub/encoder-files';
import { findOnnx } from './onnx/onnx-folder';
import { loadText } from './pretrained';
import { openSafetensors } from './safetensors-file';

const fixture = (name: string) => fileURLToPath(new URL(`../__fixtures__/${name}`, import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-special-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.each(SPECIAL_FILES)('%s where a file of a model is expected is refused in one line', (kind) => {
  const found = kind === '/dev/zero' ? 'a device' : 'a pipe';

  test.each(['config.json', 'tokenizer.json', 'vocab.txt', 'tokenizer_config.json'])('as %s', async (name) => {
    await cp(fixture('bert-small'), folder, { recursive: true });
    placeSpecialFile(kind, join(folder, name));
    await expect(loadText(folder)).rejects.toThrow(`${join(folder, name)}: expected a file, found ${found}`);
  });

  test('as weights, or as their index', async () => {
    await cp(fixture('bert-small'), folder, { recursive: true });
    placeSpecialFile(kind, join(folder, 'model.safetensors'));
    await expect(loadText(folder)).rejects.toThrow(`${folder}: has no model.safetensors`);
    await expect(openSafetensors(join(folder, 'model.safetensors'))).rejects.toThrow(
      `model.safetensors: expected a file, found ${found}`,
    );
    await rm(join(folder, 'model.safetensors'));
    placeSpecialFile(kind, join(folder, 'model.safetensors.index.json'));
    const refused = `model.safetensors.index.json: expected a file, found ${found}`;
    await expect(loadText(folder)).rejects.toThrow(refused);
    await expect(encoderFiles.areIn(folder)).rejects.toThrow(refused);
  });

  test('as an ONNX file', async () => {
    placeSpecialFile(kind, join(folder, 'model.onnx'));
    await expect(findOnnx(folder, {})).rejects.toThrow(`model.onnx: expected a file, found ${found}`);
  });
});
