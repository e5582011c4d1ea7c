import { fileURLToPath } from 'node:url';
import { httpPlace, type Place } from '../place';
import { folderPlace } from './folder-place';
import { findModel } from './hub/find-model';
import { hubSettings } from './hub/hub-settings';

/** Folders of models that came from the hub, by what was asked for. */
const fromHub = new Map<string, Promise<string>>();

/**
 * Where a source's files are: what `OpenOptions.find` is in Node.
 *
 * A model of the hub is looked for once a process: what one seed of a run opens, the next one opens, too.
 *
 * @param source A folder, `hf:owner/name[@revision]` on the Hugging Face hub, `pip:minilm`, or an address of the web or of a file. What has
 *   to be downloaded is.
 * @param log Told in one line of each file that is downloaded, and of a copy in the cache that stands in for a hub that fails.
 * @throws One error for people: no such folder, a name that is none, or why it could not be downloaded.
 */
export async function findPlace(source: string, log?: (line: string) => void): Promise<Place> {
  if (source.startsWith('file:')) return folderPlace(fileURLToPath(source));
  if (/^https?:/.test(source)) return httpPlace(source);
  if (!source.startsWith('hf:')) return folderPlace(await findTelling(source, log));
  const { endpoint, cache, offline } = hubSettings();
  const key = JSON.stringify([source, endpoint, cache, offline]);
  const folder = fromHub.get(key) ?? findTelling(source, log);
  fromHub.set(key, folder);
  folder.catch(() => fromHub.delete(key));
  return folderPlace(await folder);
}

function findTelling(source: string, log: (line: string) => void = () => {}): Promise<string> {
  const said = new Set<string>();
  return findModel(source, {
    log,
    onProgress: (file, _done, total) => {
      if (said.has(file)) return;
      said.add(file);
      log(`downloading ${file} of ${source} (${Math.ceil(total / 1e6)} MB)`);
    },
  });
}
