import { copyFile, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { besideName, writeFileSafely } from '@mmolre/files';
import { type Hub, HubFailure } from './ask-hub';
import { downloadFile } from './download-file';
import { type HubModel, listModel } from './list-model';

export type Progress = (file: string, done: number, total: number) => void;

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
 * @throws One error for people: a `HubFailure`, nothing that is wanted, or a disk that is full.
 */
export async function downloadModel(
  hub: Hub,
  model: HubModel,
  cache: string,
  wanted: Wanted,
  onProgress: Progress,
): Promise<string> {
  const { place, endpoint } = hub;
  const { name, revision } = model;
  const home = modelCache(name, cache);
  const { commit, files } = await listModel(hub, model);
  const folder = join(home, 'snapshots', commit);

  for await (const path of wanted(new Set(files.keys()), folder, place)) {
    const file = files.get(path)!;
    const hash = file.sha256 ?? file.gitSha1;
    if (!hash) throw new HubFailure(`${place}: ${endpoint} gives no hash for ${path}`, 'it cannot be checked');
    const blob = join(home, 'blobs', hash);
    if ((await stat(blob).catch(() => undefined))?.size !== file.size) {
      await rm(blob, { force: true }); // cut short: no copy that could serve
      const url = `${endpoint}/${name}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
      const whose = { ...hub, place: `${place}: ${path}` };
      await downloadFile(whose, url, blob, file, (done) => onProgress(path, done, file.size));
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
  cache: string,
  isWhole: (folder: string) => Promise<boolean>,
): Promise<string | undefined> {
  const home = modelCache(name, cache);
  const commit = await readFile(join(home, 'refs', revision), 'utf8').then(
    (text) => text.trim(),
    () => revision,
  );
  if (!/^[0-9a-f]{40}$/.test(commit)) return undefined;
  const folder = join(home, 'snapshots', commit);
  return (await isWhole(folder)) ? folder : undefined;
}

export const placeOf = ({ name, revision }: HubModel) => `hf:${name}${revision === 'main' ? '' : `@${revision}`}`;

const modelCache = (name: string, cache: string) => join(cache, `models--${name.split('/').join('--')}`);

/** Puts a file of the store in its place: by a link, or a copy where the system has no links. */
async function link(blob: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const beside = besideName(target);
  await symlink(relative(dirname(target), blob), beside).catch(() => copyFile(blob, beside));
  await rename(beside, target);
}
