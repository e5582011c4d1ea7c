import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '@mmolre/files';
import { CONFIG_FILE } from '../bert/pretrained-text';
import type { Json } from '../kinds/kind';

/** The config.json of an encoder whose weights are in a folder, which says its size; undefined where they are not there, or elsewhere. */
export async function readSize(config: { kind: string; model?: string }): Promise<Json | undefined> {
  if (config.model === undefined || /^(hf|pip):/.test(config.model)) return undefined;
  const file = join(config.model, CONFIG_FILE);
  return existsSync(file) ? ((await readJson(file)) as Json) : undefined;
}
