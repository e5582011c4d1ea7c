import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { disposeParams, evaluating } from '@mmolre/nn';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COMMIT, filesOf, type HubServer, startHub } from '../../__fixtures__/hub-server';
import { createPretrainedText } from '../../bert/pretrained-text';
import { loadText } from '../pretrained';
import { findModel } from './find-model';
import { parseHubModel } from './find-on-hub';
import { type HubSettings, hubSettings } from './hub-settings';

const folder = fileURLToPath(new URL('../../__fixtures__/roberta-small', import.meta.url));
const WEIGHTS = 'model.safetensors';

let cache: string;
let hub: HubServer;
let settings: HubSettings;
let files: Map<string, Buffer>;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'mmolre-hub-'));
  files = filesOf(folder);
  files.set('README.md', Buffer.from('not needed'));
  files.set('pytorch_model.bin', Buffer.from('not needed'));
  hub = await startHub('someone/roberta', files);
  settings = { endpoint: hub.url, cache, offline: false, token: undefined, patience: { pauseSeconds: 0.1 } };
});
afterEach(async () => {
  await hub.close();
  await rm(cache, { recursive: true, force: true });
});

const home = () => join(cache, 'models--someone--roberta');
const find = (change: Partial<HubSettings> = {}, source = 'hf:someone/roberta') =>
  findModel(source, { settings: { ...settings, ...change } });
const weightsServed = () => hub.served.filter((line) => line.startsWith(WEIGHTS));
const incompleteFiles = () => readdirSync(join(home(), 'blobs')).filter((name) => name.endsWith('.incomplete'));

/** Sends the first `bytes` of what is left, then breaks the connection. */
const breakAfter = (bytes: number, times: number): HubServer['misbehave'] => {
  let left = times;
  return (path, from, content, response) => {
    if (path !== WEIGHTS || left-- <= 0) return false;
    response.writeHead(206, {
      'content-length': content.length - from,
      'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
    });
    response.write(content.subarray(from, from + bytes), () => setTimeout(() => response.destroy(), 20));
    return true;
  };
};

describe('a model on the hub', () => {
  test('is downloaded into a cache of the form that Python has, and gives the folder’s outputs', async () => {
    const found = await find();
    expect(found).toBe(join(home(), 'snapshots', COMMIT));
    expect(readFileSync(join(home(), 'refs/main'), 'utf8')).toBe(COMMIT);
    expect(readdirSync(found).sort()).toEqual([...filesOf(folder).keys()].sort());
    for (const [name, content] of filesOf(folder)) expect(readFileSync(join(found, name)).equals(content)).toBe(true);
    expect(lstatSync(join(found, WEIGHTS)).isSymbolicLink()).toBe(true);

    const [ours, theirs] = await Promise.all([loadText('hf:someone/roberta', { settings }), loadText(folder)]);
    const [a, b] = [ours, theirs].map((model) => {
      const encoder = createPretrainedText(model);
      return encoder.encode(encoder.prepare(['what a movie']), evaluating).hidden.arraySync();
    });
    expect(a).toEqual(b);
    disposeParams(ours.params);
    disposeParams(theirs.params);
  });

  test('is not downloaded again, and offline not even asked for', async () => {
    await find();
    const count = hub.served.length;
    const found = await find();
    expect(hub.served).toHaveLength(count);
    await hub.close();
    expect(await find({ offline: true })).toBe(found);
    expect(await find({}, `hf:someone/roberta@${COMMIT}`)).toBe(found);
    expect(await find()).toBe(found); // no network: what the cache has
    await rm(join(found, WEIGHTS));
    await expect(find({ offline: true })).rejects.toThrow(
      `hf:someone/roberta: not in the cache (${cache}), and HF_HUB_OFFLINE keeps it from being downloaded`,
    );
    await expect(find()).rejects.toThrow(
      /hf:someone\/roberta: http:\S+ could not be reached \(ECONNREFUSED\); check the network and HF_ENDPOINT/,
    );
  });

  test('a connection that breaks half-way is taken up where it broke', async () => {
    hub.misbehave = breakAfter(15_000, 1);
    const seen: number[] = [];
    const found = await findModel('hf:someone/roberta', {
      settings,
      onProgress: (file, done) => {
        if (file === WEIGHTS) seen.push(done);
      },
    });
    expect(weightsServed()).toEqual([`${WEIGHTS} from 0`, `${WEIGHTS} from 15000`]);
    expect(readFileSync(join(found, WEIGHTS)).equals(files.get(WEIGHTS)!)).toBe(true);
    expect(seen.at(-1)).toBe(files.get(WEIGHTS)!.length);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(incompleteFiles()).toEqual([]);
  });

  test('a connection that brings nothing more is given up; the next run goes on from there', async () => {
    const first = breakAfter(15_000, 1)!;
    const nothing = breakAfter(0, 99)!;
    hub.misbehave = (path, from, content, response) => (from === 0 ? first : nothing)(path, from, content, response);
    await expect(find()).rejects.toThrow(
      new RegExp(
        `^hf:someone/roberta: model\\.safetensors: the download stopped at 15000 of ${files.get(WEIGHTS)!.length} bytes: ${hub.url} broke off \\(.+\\); what came is kept: run it again to go on$`,
      ),
    );
    expect(incompleteFiles()).toHaveLength(1);
    expect(existsSync(join(home(), 'refs/main'))).toBe(false);
    hub.misbehave = undefined;
    hub.served.length = 0;
    const found = await find();
    expect(weightsServed()).toEqual([`${WEIGHTS} from 15000`]);
    expect(readFileSync(join(found, WEIGHTS)).equals(files.get(WEIGHTS)!)).toBe(true);
  }, 30_000);

  test.each([WEIGHTS, 'merges.txt'])('a wrong byte is refused and not kept (%s)', async (name) => {
    hub.misbehave = (path, from, content, response) => {
      if (path !== name) return false;
      const wrong = Buffer.from(content);
      wrong[wrong.length >> 1]! ^= 1;
      response.writeHead(206, { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` });
      response.end(wrong.subarray(from));
      return true;
    };
    await expect(find()).rejects.toThrow(
      new RegExp(
        `^hf:someone/roberta: ${name}: not the file that ${hub.url} lists, so it is refused and removed: its (SHA-256|git SHA-1) should be \\w+ but is \\w+; run it again$`,
      ),
    );
    expect(incompleteFiles()).toEqual([]);
    expect(existsSync(join(home(), 'snapshots', COMMIT, name))).toBe(false);
    hub.misbehave = undefined;
    expect(readFileSync(join(await find(), name)).equals(files.get(name)!)).toBe(true);
  });

  test('a wrong byte in what an earlier run left is refused, and the run after it starts afresh', async () => {
    hub.misbehave = (path, from, content, response) =>
      breakAfter(from === 0 ? 15_000 : 0, 99)!(path, from, content, response);
    await expect(find()).rejects.toThrow('the download stopped at 15000');
    hub.misbehave = undefined;
    const [left] = incompleteFiles();
    const bytes = await readFile(join(home(), 'blobs', left!));
    bytes[7]! ^= 1;
    await writeFile(join(home(), 'blobs', left!), bytes);
    await expect(find()).rejects.toThrow('refused and removed: its SHA-256 should be');
    expect(readFileSync(join(await find(), WEIGHTS)).equals(files.get(WEIGHTS)!)).toBe(true);
  }, 30_000);

  test('what a killed process left is taken over, what a running one is fetching is left alone', async () => {
    const { path, sha256 } = {
      path: join(home(), 'blobs'),
      sha256: createHash('sha256').update(files.get(WEIGHTS)!).digest('hex'),
    };
    await mkdir(path, { recursive: true });
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    await writeFile(join(path, `${sha256}.${ended}.incomplete`), files.get(WEIGHTS)!.subarray(0, 12_000));
    await writeFile(join(path, `${sha256}.${process.ppid}.incomplete`), files.get(WEIGHTS)!.subarray(0, 20_000));
    const [a, b] = await Promise.all([find(), find()]);
    expect(a).toBe(b);
    expect(weightsServed()).toEqual([`${WEIGHTS} from 12000`]);
    expect(readFileSync(join(a, WEIGHTS)).equals(files.get(WEIGHTS)!)).toBe(true);
    expect(incompleteFiles()).toEqual([`${sha256}.${process.ppid}.incomplete`]);
  });

  test('a file of the cache that was cut short is fetched again', async () => {
    const found = await find();
    await truncate(join(found, WEIGHTS), 100);
    expect(readFileSync(join(await find(), WEIGHTS)).equals(files.get(WEIGHTS)!)).toBe(true);
  });

  test('a server that knows no ranges starts over: what is there already is left out', async () => {
    let broken = false;
    hub.misbehave = (path, _, content, response) => {
      if (path !== WEIGHTS) return false;
      response.writeHead(200, { 'content-length': content.length });
      if (broken) response.end(content);
      else response.write(content.subarray(0, 20_000), () => setTimeout(() => response.destroy(), 20));
      broken = true;
      return true;
    };
    expect(readFileSync(join(await find(), WEIGHTS)).equals(files.get(WEIGHTS)!)).toBe(true);
  });

  test('a model in several files brings those that its index lists', async () => {
    await hub.close();
    const sharded = filesOf(fileURLToPath(new URL('../../__fixtures__/roberta-sharded', import.meta.url)));
    hub = await startHub('someone/sharded', sharded);
    const found = await findModel('hf:someone/sharded@main', { settings: { ...settings, endpoint: hub.url } });
    expect(readdirSync(found).sort()).toEqual([...sharded.keys()].sort());
    await hub.close();
    const source = 'hf:someone/sharded';
    expect(await findModel(source, { settings: { ...settings, offline: true } })).toBe(found);
    await rm(join(found, 'model-00002-of-00003.safetensors'));
    await expect(findModel(source, { settings: { ...settings, offline: true } })).rejects.toThrow('not in the cache');
  });

  test('a pickle alone is refused before anything large is fetched', async () => {
    files.delete(WEIGHTS);
    await expect(find()).rejects.toThrow(
      /^hf:someone\/roberta: its weights are a pickle \(pytorch_model\.bin\).*AutoModel\.from_pretrained\('someone\/roberta'\).*@refs\/pr\/1/,
    );
    expect(hub.served.some((line) => line.startsWith('pytorch'))).toBe(false);
  });

  test('a model that is not there, or not given out', async () => {
    await expect(find({}, 'hf:someone/else')).rejects.toThrow(
      `hf:someone/else: not on ${hub.url} (status 404); check the name and the revision`,
    );
    await expect(find({}, 'hf:someone/roberta@v2')).rejects.toThrow('hf:someone/roberta@v2: not on');
  });
});

describe('a source', () => {
  test('may be a folder', async () => {
    expect(await findModel(folder)).toBe(folder);
    await expect(findModel(join(folder, 'none'))).rejects.toThrow(
      'none: no such folder; expected the folder of a Hugging Face model, or hf:owner/name for one on the hub',
    );
    await expect(findModel(join(folder, 'config.json'))).rejects.toThrow('found a file');
  });

  test('on the hub has a name and perhaps a revision', () => {
    expect(parseHubModel('hf:owner/na.me_1')).toEqual({ name: 'owner/na.me_1', revision: 'main' });
    expect(parseHubModel('hf:bert-base-uncased@refs/pr/1')).toEqual({
      name: 'bert-base-uncased',
      revision: 'refs/pr/1',
    });
    for (const wrong of ['hf:', 'hf:a/b/c', 'hf:../b', 'hf:a/..', 'hf:a/b@', 'hf:a/b@../c', 'hf:a b/c', 'hf:a--b/c']) {
      expect(() => parseHubModel(wrong)).toThrow(`'${wrong}': expected hf:owner/name or hf:owner/name@revision`);
    }
  });

  test('the environment says where from and where to', () => {
    const plain = hubSettings({ XDG_CACHE_HOME: '/c' });
    expect(plain).toEqual({
      endpoint: 'https://huggingface.co',
      cache: '/c/huggingface/hub',
      offline: false,
      token: undefined,
    });
    const all = { HF_ENDPOINT: 'http://mirror/', HF_HOME: '/h', HF_HUB_OFFLINE: 'True', HF_TOKEN: 't' };
    expect(hubSettings(all)).toEqual({ endpoint: 'http://mirror', cache: '/h/hub', offline: true, token: 't' });
    expect(hubSettings({ HF_HOME: '/h', HF_HUB_CACHE: '/x', HF_HUB_OFFLINE: '0' })).toMatchObject({
      cache: '/x',
      offline: false,
    });
    for (const wrong of ['huggingface.co', 'ftp://hub']) {
      expect(() => hubSettings({ HF_ENDPOINT: wrong })).toThrow(
        `HF_ENDPOINT: expected the address of a hub, such as https://huggingface.co, found '${wrong}'`,
      );
    }
    expect(() => hubSettings({ HF_ENDPOINT: 'http://me:secret@hub' })).toThrow(
      /found one with a name or password in it$/,
    );
  });

  test('the token is the environment’s, or the one of the hub’s login', async () => {
    const tokenOf = (env: NodeJS.ProcessEnv) => hubSettings({ XDG_CACHE_HOME: cache, ...env }).token;
    const other = join(cache, 'other-token');
    await mkdir(join(cache, 'huggingface'));
    await writeFile(join(cache, 'huggingface/token'), 'hf_login\n');
    await writeFile(other, ' hf_other ');
    const env = { HF_TOKEN: 'hf_a', HUGGING_FACE_HUB_TOKEN: 'hf_b', HF_TOKEN_PATH: other };
    expect(tokenOf(env)).toBe('hf_a');
    expect(tokenOf({ ...env, HF_TOKEN: '' })).toBe('hf_b');
    expect(tokenOf({ HF_TOKEN_PATH: other })).toBe('hf_other');
    expect(tokenOf({ HF_TOKEN_PATH: join(cache, 'none') })).toBeUndefined();
    expect(tokenOf({})).toBe('hf_login');
    expect(tokenOf({ HF_HOME: join(cache, 'huggingface') })).toBe('hf_login');
    expect(tokenOf({ ...env, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).toBeUndefined();
    await writeFile(other, 'hf_one\nhf_two\n');
    for (const wrong of [() => tokenOf({ HF_TOKEN: 'hf_sécret' }), () => tokenOf({ HF_TOKEN_PATH: other })]) {
      expect(wrong).toThrow(
        /^(HF_TOKEN|.+other-token): expected a token of the hub \(one line, no spaces\), found something else, not shown here$/,
      );
    }
  });
});
