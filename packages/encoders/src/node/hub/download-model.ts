import { copyFile, mkdir, readFile, rename, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileDownloadInfo, listFiles, modelInfo } from '@huggingface/hub';
import { besideName, writeFileSafely } from '@mmolre/files';
import { type ByteStream, downloadFile, type ExpectedFile, HubRefusal } from './download-file';
import { explain } from './explain';
import type { HubSettings } from './hub-settings';
import { openBytes } from './open-bytes';

/** A model on the hub: `owner/name` and a branch, tag or commit. */
export type HubModel = { name: string; revision: string };

export type Progress = (file: string, done: number, total: number) => void;

type Access = { hubUrl: string; accessToken?: string };

/**
 * The files that are wanted of a model, in the order in which they are fetched. When the next one is asked for, those before are in the
 * folder, and can be read to find out what else is wanted.
 *
 * @param files What the hub lists, relative paths.
 * @param place What messages call the model.
 * @throws If it does not have what is needed.
 */
export type Wanted = (files: ReadonlySet<string>, folder: string, place: string) => AsyncIterable<string>;

/**
 * Downloads files of a model into the cache, which has the form of Python's `huggingface_hub`: a file that Python has downloaded is not
 * fetched again, nor the other way round.
 *
 * @returns The model's folder in the cache.
 * @throws One error for people: no such model, no consent, no network, nothing that is wanted, or a file that is not what the hub lists.
 */
export async function downloadModel(
  model: HubModel,
  settings: HubSettings,
  wanted: Wanted,
  onProgress: Progress,
): Promise<string> {
  const { name, revision } = model;
  const place = placeOf(model);
  const access: Access = { hubUrl: settings.endpoint, ...(settings.token ? { accessToken: settings.token } : {}) };
  const home = modelCache(name, settings);
  const { commit, files } = await explain(place, settings, async () => {
    const { sha } = await modelInfo({ name, revision, additionalFields: ['sha'], ...access });
    const files = new Map<string, ExpectedFile>();
    for await (const entry of listFiles({ repo: name, revision: sha, recursive: true, ...access })) {
      const { type, path, size, oid, lfs } = entry;
      const hash = lfs ? { sha256: lfs.oid } : oid ? { gitSha1: oid } : {};
      if (type === 'file') files.set(path, { path, size: lfs?.size ?? size, ...hash });
    }
    return { commit: sha, files };
  });
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Error(`${place}: the hub gave '${commit}' for a commit`);
  const folder = join(home, 'snapshots', commit);

  for await (const path of wanted(new Set(files.keys()), folder, place)) {
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
  }
  if (revision !== commit) await writeFileSafely(join(home, 'refs', revision), commit);
  return folder;
}

/**
 * The folder of a model that is in the cache already, without asking the network; undefined if it is not.
 *
 * @param isWhole Whether a folder has all that is wanted.
 */
export async function cachedModel(
  { name, revision }: HubModel,
  { cache }: Pick<HubSettings, 'cache'>,
  isWhole: (folder: string) => Promise<boolean>,
): Promise<string | undefined> {
  const home = modelCache(name, { cache });
  const commit = await readFile(join(home, 'refs', revision), 'utf8').then(
    (text) => text.trim(),
    () => revision,
  );
  if (!/^[0-9a-f]{40}$/.test(commit)) return undefined;
  const folder = join(home, 'snapshots', commit);
  return (await isWhole(folder)) ? folder : undefined;
}

export const placeOf = ({ name, revision }: HubModel) => `hf:${name}${revision === 'main' ? '' : `@${revision}`}`;

const modelCache = (name: string, { cache }: Pick<HubSettings, 'cache'>) =>
  join(cache, `models--${name.split('/').join('--')}`);

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
