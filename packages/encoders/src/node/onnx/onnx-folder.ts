import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { plainFile } from '@mmolre/files';
import { type FindModelOptions, findModel } from '../hub/find-model';
import { findOnHub } from '../hub/find-on-hub';
import { onnxFiles } from './onnx-hub';
import { WEIGHTS_BESIDE } from './onnx-session';

/** Where a model's folder has its ONNX file: as `optimum` and the transformers.js models have it. */
const ONNX_FILES = ['onnx/model.onnx', 'model.onnx'] as const;

export type FindOnnxOptions = FindModelOptions & {
  /** The ONNX file inside of the folder: `onnx/model.onnx`, else `model.onnx`. */
  file?: string | undefined;
};

/**
 * The folder of an ONNX model, and its ONNX file.
 *
 * @param source A folder, or `hf:owner/name[@revision]`: a model on the Hugging Face hub, downloaded into its cache unless it is there.
 * @returns Absolute paths.
 * @throws One error for people: no such folder or file, or why it could not be downloaded.
 */
export async function findOnnx(
  source: string,
  { file, ...options }: FindOnnxOptions,
): Promise<{ folder: string; file: string }> {
  if (file !== undefined && !file.endsWith('.onnx'))
    throw new Error(`file: expected a name that ends in .onnx, got '${file}'`);
  const names = file === undefined ? ONNX_FILES : [file];
  const isHub = source.startsWith('hf:');
  const folder = resolve(await (isHub ? findOnHub(source, onnxFiles(names), options) : findModel(source)));
  const found = names.find((name) => existsSync(join(folder, name)));
  if (found) return { folder, file: plainFile(join(folder, found)) };
  const present = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.onnx'));
  const hint =
    present.length > 0 ? `it has ${present.join(', ')}: name one with the option file` : 'it has no ONNX file at all';
  throw new Error(`${folder}: expected ${names.join(' or ')}, not found; ${hint}`);
}

/** SHA-256 of an ONNX file and of the weights beside it, where they are in a file of their own. */
export async function hashOnnx(file: string): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [file, ...WEIGHTS_BESIDE.map((suffix) => `${file}${suffix}`)]) {
    if (existsSync(path))
      await pipeline(createReadStream(plainFile(path), { highWaterMark: 1 << 20 }), hash, { end: false });
  }
  return hash.digest('hex');
}
