import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listFiles, modelInfo } from '@huggingface/hub';
import { writeFileSafely } from '@mmolre/files';
import { TOKENIZER_FILES } from '../../tokenizer/tokenizer';
import { downloadFile, type ExpectedFile, fileFault } from '../hub/download-file';
import { type HubModel, placeOf } from '../hub/download-model';
import { explain, NoNetwork } from '../hub/explain';
import { type FindModelOptions, parseHubModel } from '../hub/find-model';
import { type HubSettings, hubSettings } from '../hub/hub-settings';
import { openBytes } from '../hub/open-bytes';
import { WEIGHTS_BESIDE } from './onnx-session';

/** Files besides the ONNX file, taken where the model has them. */
const SMALL_FILES = ['config.json', 'preprocessor_config.json', ...TOKENIZER_FILES];

/**
 * The folder of an ONNX model on the hub, in the cache that Python's `huggingface_hub` has too; what is not there is downloaded, and
 * checked by size and hash.
 *
 * @param names Where the ONNX file may be; the first that the model has is taken, with the weights beside it (`NAME_data`).
 * @throws One error for people: no such model, no consent, no network, no such file, or a file that is not what the hub lists.
 */
export async function findHubOnnx(
  source: string,
  names: readonly string[],
  { settings = hubSettings(), onProgress = () => {} }: FindModelOptions,
): Promise<string> {
  const model = parseHubModel(source);
  const cached = await cachedOnnx(model, names, settings);
  const isPinned = /^[0-9a-f]{40}$/.test(model.revision);
  if (cached && (settings.offline || isPinned)) return cached;
  if (settings.offline) {
    throw new Error(
      `${placeOf(model)}: not in the cache (${settings.cache}), and HF_HUB_OFFLINE keeps it from being downloaded`,
    );
  }
  try {
    return await download(model, names, settings, onProgress);
  } catch (error) {
    if (cached && error instanceof NoNetwork) return cached;
    throw error;
  }
}

async function download(
  model: HubModel,
  names: readonly string[],
  settings: HubSettings,
  onProgress: NonNullable<FindModelOptions['onProgress']>,
): Promise<string> {
  const { name, revision } = model;
  const place = placeOf(model);
  const { endpoint: hubUrl, token } = settings;
  const access = { hubUrl, ...(token ? { accessToken: token } : {}) };
  const { commit, files } = await explain(place, settings, async () => {
    const { sha: commit } = await modelInfo({ name, revision, additionalFields: ['sha'], ...access });
    const files = new Map<string, ExpectedFile>();
    for await (const { type, path, size, oid, lfs } of listFiles({
      repo: name,
      revision: commit,
      recursive: true,
      ...access,
    })) {
      const hash = lfs ? { sha256: lfs.oid } : oid ? { gitSha1: oid } : {};
      if (type === 'file') files.set(path, { path, size: lfs?.size ?? size, ...hash });
    }
    return { commit, files };
  });
  const onnx = names.find((path) => files.has(path));
  if (!onnx) {
    const present = [...files.keys()].filter((path) => path.endsWith('.onnx'));
    throw new Error(
      `${place}: expected ${names.join(' or ')}, not there; its ONNX files: ${present.join(', ') || 'none'}`,
    );
  }
  const folder = snapshotOf(model, commit, settings);
  for (const path of [...SMALL_FILES, ...WEIGHTS_BESIDE.map((suffix) => `${onnx}${suffix}`), onnx]) {
    const expected = files.get(path);
    if (!expected || (await isWhole(join(folder, path), expected))) continue;
    const url = `${hubUrl}/${name}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
    const openRange = (from: number) => explain(`${place}: ${path}`, settings, () => openBytes(url, from, token));
    await downloadFile(join(folder, path), expected, openRange, (done) => onProgress(path, done, expected.size));
  }
  const ref = join(homeOf(model, settings), 'refs', revision);
  if (revision !== commit) await writeFileSafely(ref, commit);
  return folder;
}

const isWhole = async (path: string, expected: ExpectedFile) => existsSync(path) && !(await fileFault(path, expected));

/** The folder of a model that is in the cache already, undefined if it is not. */
async function cachedOnnx(
  model: HubModel,
  names: readonly string[],
  settings: HubSettings,
): Promise<string | undefined> {
  const ref = join(homeOf(model, settings), 'refs', model.revision);
  const commit = (await readFile(ref, 'utf8').catch(() => model.revision)).trim();
  if (!/^[0-9a-f]{40}$/.test(commit)) return undefined;
  const folder = snapshotOf(model, commit, settings);
  return ['config.json', names.find((name) => existsSync(join(folder, name)))].every(
    (name) => name !== undefined && existsSync(join(folder, name)),
  )
    ? folder
    : undefined;
}

const homeOf = ({ name }: HubModel, { cache }: HubSettings) => join(cache, `models--${name.split('/').join('--')}`);
const snapshotOf = (model: HubModel, commit: string, settings: HubSettings) =>
  join(homeOf(model, settings), 'snapshots', commit);
