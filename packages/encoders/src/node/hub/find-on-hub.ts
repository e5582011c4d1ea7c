import { cachedModel, downloadModel, type HubModel, type Progress, placeOf, type Wanted } from './download-model';
import { NoNetwork } from './explain';
import { type HubSettings, hubSettings } from './hub-settings';

export type HubOptions = {
  /** Absent: as the environment says. */
  settings?: HubSettings;
  /** Told of each file's bytes while it is downloaded. */
  onProgress?: Progress;
};

/** Which files of a model are wanted: of what the hub lists, and whether a folder in the cache has them. */
export type HubFiles = { wanted: Wanted; areIn: (folder: string) => Promise<boolean> };

/**
 * The folder, in the cache, of a model on the Hugging Face hub; what is not there is downloaded.
 *
 * @param source `hf:owner/name[@revision]`
 * @throws One error for people: a name that is none, or why it could not be downloaded.
 */
export async function findOnHub(
  source: string,
  { wanted, areIn }: HubFiles,
  { settings = hubSettings(), onProgress = () => {} }: HubOptions,
): Promise<string> {
  const model = parseHubModel(source);
  const cached = await cachedModel(model, settings, areIn);
  const isPinned = /^[0-9a-f]{40}$/.test(model.revision);
  if (cached && (settings.offline || isPinned)) return cached;
  if (settings.offline) {
    throw new Error(
      `${placeOf(model)}: not in the cache (${settings.cache}), and HF_HUB_OFFLINE keeps it from being downloaded`,
    );
  }
  try {
    return await downloadModel(model, settings, wanted, onProgress);
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
