import { fileURLToPath } from 'node:url';
import { httpPlace, type Place } from '../place';
import { folderPlace } from './folder-place';
import { findModel } from './hub/find-model';

/**
 * Where a source's files are: what `OpenOptions.find` is in Node.
 *
 * @param source A folder, `hf:owner/name[@revision]` on the Hugging Face hub, `pip:minilm`, or an address of the web or of a file. What has
 *   to be downloaded is.
 * @param log Told in one line of each file that is downloaded.
 * @throws One error for people: no such folder, a name that is none, or why it could not be downloaded.
 */
export async function findPlace(source: string, log?: (line: string) => void): Promise<Place> {
  if (source.startsWith('file:')) return folderPlace(fileURLToPath(source));
  if (/^https?:/.test(source)) return httpPlace(source);
  const said = new Set<string>();
  const folder = await findModel(source, {
    ...(log && { log }),
    onProgress: (file, _done, total) => {
      if (said.has(file)) return;
      said.add(file);
      log?.(`downloading ${file} of ${source} (${Math.ceil(total / 1e6)} MB)`);
    },
  });
  return folderPlace(folder);
}
