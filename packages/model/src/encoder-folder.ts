import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckpointLayout, findModel, readCheckpoint } from '@mmolre/encoders';
import type { OpenOptions } from './opened-encoder';

export const CONFIG_FILE = 'config.json';

/** The folder of a pretrained model; what has to be downloaded is, and said. */
export function findPretrained(source: string, { log }: OpenOptions): Promise<string> {
  const said = new Set<string>();
  return findModel(source, {
    onProgress: (file, _done, total) => {
      if (said.has(file)) return;
      said.add(file);
      log?.(`downloading ${file} of ${source} (${Math.ceil(total / 1e6)} MB)`);
    },
  });
}

/** @throws One line: not there, or no JSON. */
export async function readJsonFile(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      error.code === 'ENOENT'
        ? `${path}: not found; expected the config.json of a Hugging Face model, or what a run keeps of it`
        : `${path}: could not be read: ${error.message}`,
    );
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path}: expected JSON, found something else (cut short?)`);
  }
}

/**
 * Finds out before anything long begins that the weights cannot be read.
 *
 * @throws What `readCheckpoint` says of a folder without safetensors.
 */
export async function checkWeights(folder: string, layout: CheckpointLayout): Promise<void> {
  const names = ['model.safetensors', 'model.safetensors.index.json'];
  if (!names.some((name) => existsSync(join(folder, name)))) await readCheckpoint(folder, layout);
}

/** SHA-256 of what decides what a frozen model computes: its configuration, tokenizer and weights, as files. */
export async function hashOfFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder))
    .filter((name) => /^(config|tokenizer|vocab)\.json$|^(vocab|merges)\.txt$|\.safetensors$/.test(name))
    .sort();
  for (const name of names) {
    hash.update(`${name} `);
    for await (const part of createReadStream(join(folder, name), { highWaterMark: 1 << 20 })) hash.update(part);
  }
  return hash.digest('hex');
}
