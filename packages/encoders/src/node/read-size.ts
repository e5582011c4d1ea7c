import { CONFIG_FILE } from '../checkpoint/weight-files';
import type { Json } from '../kinds/kind';
import { readJsonAt } from '../place';
import { isAddress } from '../source';
import { folderPlace } from './folder-place';

/** The config.json of an encoder whose weights are in a folder, which says its size; undefined where they are not there, or elsewhere. */
export async function readSize(config: { kind: string; model?: string }): Promise<Json | undefined> {
  if (config.model === undefined || isAddress(config.model)) return undefined;
  return readJsonAt(folderPlace(config.model), CONFIG_FILE);
}
