import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileDownloadInfo, listFiles, modelInfo } from '@huggingface/hub';
import { besideName, writeFileSafely } from '@mmolre/files';
import { noWeights, parseWeightIndex, WEIGHTS_FILE, WEIGHTS_INDEX } from '../../checkpoint/weight-files';
import { TOKENIZER_FILES } from '../../tokenizer/tokenizer';
import { type ByteStream, downloadFile, type ExpectedFile, HubRefusal } from './download-file';
import { explain } from './explain';
import type { HubSettings } from './hub-settings';
import { openBytes } from './open-bytes';

/** A model on the hub: `owner/name` and a branch, tag or commit. */
export type HubModel = { name: string; revision: string };

export type Progress = (file: string, done: number, total: number) => void;

type Access = { hubUrl: string; accessToken?: string };

/** Files besides the weights, taken where the model has them. */
const SMALL_FILES: readonly string[] = ['config.json', 'preprocessor_config.json', ...TOKENIZER_FILES];

/**
 * Downloads what an encoder needs of a model into the cache, which has the form of Python's `huggingface_hub`: a file that Python has
 * downloaded is not fetched again, nor the other way round.
 *
 * @returns The model's folder in the cache.
 * @throws One error for people: no such model, no consent, no network, no safetensors, or a file that is not what the hub lists.
 */
export async function downloadModel(model: HubModel, settings: HubSettings, onProgress: Progress): Promise<string> {
  const { name, revision } = model;
  const place = placeOf(model);
  const access: Access = { hubUrl: settings.endpoint, ...(settings.token ? { accessToken: settings.token } : {}) };
  const home = modelCache(name, settings);
  const { commit, files } = await explain(place, settings, async () => {
    const { sha } = await modelInfo({ name, revision, additionalFields: ['sha'], ...access });
    const files = new Map<string, ExpectedFile>();
    for await (const { type, path, size, oid, lfs } of listFiles({ repo: name, revision: sha, ...access })) {
      if (type === 'file')
        files.set(
          path,
          lfs ? { path, size: lfs.size, sha256: lfs.oid } : { path, size, ...(oid ? { gitSha1: oid } : {}) },
        );
    }
    return { commit: sha, files };
  });
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Error(`${place}: the hub gave '${commit}' for a commit`);
  const folder = join(home, 'snapshots', commit);

  const fetchFile = async (path: string): Promise<void> => {
    const file = files.get(path)!;
    const hash = file.sha256 ?? file.gitSha1;
    if (!hash || !/^[0-9a-f]{40,64}$/.test(hash)) throw new Error(`${place}: the hub gives no hash for ${path}`);
    const blob = join(home, 'blobs', hash);
    if ((await stat(blob).catch(() => undefined))?.size !== file.size) {
      const openRange = (from: number) =>
        explain(`${place}: ${path}`, settings, () => openFile(name, commit, path, from, access));
      await downloadFile(blob, file, openRange, (done) => onProgress(path, done, file.size));
    }
    await link(blob, join(folder, path));
  };

  for (const path of SMALL_FILES) if (files.has(path)) await fetchFile(path);
  if (files.has(WEIGHTS_FILE)) await fetchFile(WEIGHTS_FILE);
  else if (files.has(WEIGHTS_INDEX)) {
    await fetchFile(WEIGHTS_INDEX);
    const shards = parseWeightIndex(await readFile(join(folder, WEIGHTS_INDEX), 'utf8'), `${place}: ${WEIGHTS_INDEX}`);
    for (const shard of new Set(shards.values())) {
      if (!files.has(shard)) throw new Error(`${place}: ${WEIGHTS_INDEX} lists ${shard}, which is not there`);
      await fetchFile(shard);
    }
  } else
    throw new Error(
      noWeights(
        place,
        [...files.keys()].find((path) => /\.(bin|bin\.index\.json|h5|msgpack|pt)$/.test(path)),
      ),
    );
  if (revision !== commit) await writeFileSafely(join(home, 'refs', revision), commit);
  return folder;
}

/**
 * The folder of a model that is in the cache already, without asking the network; undefined if it is not, or not whole.
 */
export async function cachedModel({ name, revision }: HubModel, settings: HubSettings): Promise<string | undefined> {
  const home = modelCache(name, settings);
  const commit = await readFile(join(home, 'refs', revision), 'utf8').then(
    (text) => text.trim(),
    () => revision,
  );
  if (!/^[0-9a-f]{40}$/.test(commit)) return undefined;
  const folder = join(home, 'snapshots', commit);
  const has = (file: string) => existsSync(join(folder, file));
  if (!has('config.json')) return undefined;
  if (has(WEIGHTS_FILE)) return folder;
  if (!has(WEIGHTS_INDEX)) return undefined;
  const index = join(folder, WEIGHTS_INDEX);
  return [...parseWeightIndex(await readFile(index, 'utf8'), index).values()].every(has) ? folder : undefined;
}

export const placeOf = ({ name, revision }: HubModel) => `hf:${name}${revision === 'main' ? '' : `@${revision}`}`;

const modelCache = (name: string, { cache }: HubSettings) => join(cache, `models--${name.split('/').join('--')}`);

/** The bytes of a model's file from `from` on. */
async function openFile(
  repo: string,
  revision: string,
  path: string,
  from: number,
  access: Access,
): Promise<ByteStream> {
  const info = await fileDownloadInfo({ repo, revision, path, ...access });
  if (!info) throw new HubRefusal('is listed but not there');
  return openBytes(info.url, from, access.accessToken);
}

/** Puts a file of the store in its place: by a link, or a copy where the system has no links. */
async function link(blob: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const beside = besideName(target);
  await symlink(relative(dirname(target), blob), beside).catch(() => copyFile(blob, beside));
  await rename(beside, target);
}
