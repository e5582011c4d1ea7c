import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { COMMIT, filesOf, type HubServer, startHub } from '../../__fixtures__/hub-server';
import type { HubSettings } from '../hub/hub-settings';
import { loadOnnxText } from './onnx-text';

const folder = fileURLToPath(new URL('../../__fixtures__/onnx-bert', import.meta.url));
const WEIGHTS = 'onnx/model.onnx';
const TEXTS = ['I loved it!', 'Nothing.'];

let hub: HubServer;
let settings: HubSettings;
beforeEach(async () => {
  const files = filesOf(folder);
  files.set(WEIGHTS, files.get('model.onnx')!);
  files.set('onnx/model_quantized.onnx', Buffer.from('not needed'));
  files.delete('model.onnx');
  hub = await startHub('someone/bert', files);
  const cache = await mkdtemp(join(tmpdir(), 'mmolre-onnx-hub-'));
  settings = { endpoint: hub.url, cache, offline: false, token: undefined };
});
afterEach(async () => {
  await hub.close();
  await rm(settings.cache, { recursive: true, force: true });
});

const load = (change: Partial<HubSettings> = {}, options = {}) =>
  loadOnnxText('hf:someone/bert', { settings: { ...settings, ...change }, ...options });

test('a model of the hub is downloaded once, and gives what its folder gives', async () => {
  const [local, remote] = [await loadOnnxText(folder), await load()];
  expect(remote.prepare(TEXTS).hidden.arraySync()).toEqual(local.prepare(TEXTS).hidden.arraySync());
  const served = hub.served.length;
  expect(hub.served).toContain(`${WEIGHTS} from 0`);
  expect(hub.served.some((line) => line.includes('quantized'))).toBe(false);
  const again = await load();
  const offline = await load({ offline: true });
  expect(hub.served).toHaveLength(served);
  const copy = join(settings.cache, 'models--someone--bert/snapshots', COMMIT, WEIGHTS);
  expect(readFileSync(copy).equals(readFileSync(join(folder, 'model.onnx')))).toBe(true);
  for (const encoder of [local, remote, again, offline]) await encoder.close();
  expect(tf.memory().numTensors).toBe(4);
});

test('a broken download goes on where it broke, and a wrong byte is refused', async () => {
  const size = readFileSync(join(folder, 'model.onnx')).length;
  let times = 1;
  hub.misbehave = (path, from, content, response) => {
    if (path !== WEIGHTS || times-- <= 0) return false;
    response.writeHead(206, { 'content-length': size - from, 'content-range': `bytes ${from}-${size - 1}/${size}` });
    response.write(content.subarray(from, 20_000), () => setTimeout(() => response.destroy(), 20));
    return true;
  };
  const encoder = await load();
  await encoder.close();
  const [first, second] = hub.served.filter((line) => line.startsWith(WEIGHTS));
  expect(first).toBe(`${WEIGHTS} from 0`);
  expect(Number(second!.split(' from ')[1])).toBeGreaterThan(0);

  await rm(settings.cache, { recursive: true, force: true });
  hub.misbehave = (path, _from, content, response) => {
    if (path !== WEIGHTS) return false;
    const wrong = Buffer.from(content);
    wrong[1000]! ^= 1;
    response.writeHead(200, { 'content-length': size });
    response.end(wrong);
    return true;
  };
  await expect(load()).rejects.toThrow(/onnx\/model\.onnx: not the file that http\S+ lists.*SHA-256/);
  await expect(load({ offline: true })).rejects.toThrow('HF_HUB_OFFLINE');
});

test('says what is not there', async () => {
  await expect(load({}, { file: 'onnx/model_q4.onnx' })).rejects.toThrow(
    'hf:someone/bert: expected onnx/model_q4.onnx, not there; its ONNX files: onnx/model.onnx, onnx/model_quantized.onnx',
  );
  await expect(loadOnnxText('hf:someone/else', { settings })).rejects.toThrow(/hf:someone\/else: not on http/);
  await expect(load({ offline: true })).rejects.toThrow('not in the cache');
});
