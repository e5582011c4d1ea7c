import { basename } from 'node:path';
import { type Hub, HubFailure } from './ask-hub';
import { cachedModel, downloadModel, type Progress, placeOf, type Wanted } from './download-model';
import { type HubSettings, hubSettings, PATIENCE } from './hub-settings';
import type { HubModel } from './list-model';

export type HubOptions = {
  /** Absent: as the environment says. */
  settings?: HubSettings;
  /** Told of each file's bytes while it is downloaded. */
  onProgress?: Progress;
  /** Told in one line what the user should know: the hub is asked again after a pause, or a copy in the cache is used in its place. */
  log?: (line: string) => void;
};

/** Seconds of pauses for a busy hub, where a copy in the cache will do. */
const PAUSES_WITH_COPY = 5;

/** Which files of a model are wanted: of what the hub lists, and whether a folder in the cache has them. */
export type HubFiles = { wanted: Wanted; areIn: (folder: string) => Promise<boolean> };

/**
 * The folder, in the cache, of a model on the Hugging Face hub; what is not there is downloaded. If the hub does not give it, what the
 * cache has of that revision is used, where it is complete.
 *
 * @param source `hf:owner/name[@revision]`
 * @throws One error for people: a name that is none, or why it could not be downloaded.
 */
export async function findOnHub(
  source: string,
  { wanted, areIn }: HubFiles,
  { settings = hubSettings(), onProgress = () => {}, log = () => {} }: HubOptions,
): Promise<string> {
  const model = parseHubModel(source);
  const { endpoint, token, cache } = settings;
  const cached = await cachedModel(model, cache, areIn);
  const isPinned = /^[0-9a-f]{40}$/.test(model.revision);
  if (cached && (settings.offline || isPinned)) return cached;
  const place = placeOf(model);
  if (settings.offline)
    throw new Error(`${place}: not in the cache (${cache}), and HF_HUB_OFFLINE keeps it from being downloaded`);
  const patience = { ...PATIENCE, ...settings.patience };
  const hub: Hub = { endpoint, token, place, patience, log };
  const brief = { patience: { ...patience, retrySeconds: Math.min(patience.retrySeconds, PAUSES_WITH_COPY) } };
  try {
    return await downloadModel(cached ? { ...hub, ...brief, log: () => {} } : hub, model, cache, wanted, onProgress);
  } catch (error) {
    const copy = error instanceof HubFailure && (await cachedModel(model, cache, areIn));
    if (!copy) throw error;
    log(`${error.reason}; used in its place: the copy in the cache, ${model.revision} at commit ${basename(copy)}`);
    return copy;
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
