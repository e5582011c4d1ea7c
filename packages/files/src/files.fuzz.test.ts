import { expectThat, FUZZ_TIMEOUT, type FuzzTarget, fuzz } from './testing/fuzz';

// First, as it counts lines of what is loaded later.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { arrayCache } from './array-cache';
import { csvRecords } from './csv';
import { findProgram } from './run-program';
import { sealFault, sealFolder } from './sealed-folder';
import { drawFrom, type Mutator, pick } from './testing/draw';
import { mutateBytes } from './testing/mutate-bytes';
import { mutateJson } from './testing/mutate-json';
import { mutatePieces, placesOf } from './testing/mutate-pieces';
import { mutateTable } from './testing/mutate-table';
import { unpackZip } from './unpack-zip';
import { writeFileSafely } from './write-file-safely';

const csv = (delimiter: ',' | '\t'): FuzzTarget => ({
  seeds: () => [Buffer.from(`a,b,c\n1,"two, ""2""",x\n2,"t\nw",y\n3,'=z,\n`.replaceAll(',', delimiter))],
  mutate: mutateTable(delimiter, { hasHead: true }),
  file: 'a.csv',
  async read(_path, _folder, bytes) {
    const text = bytes.toString();
    const broken: string[] = [];
    const lines = text.split(/\r\n|\r|\n/).length;
    const records = csvRecords(text, (reason, line) => broken.push(`line ${line}: ${reason}`), { delimiter });
    for (const [i, { line, cells }] of records.entries()) {
      expectThat(line > (records[i - 1]?.line ?? 0) && line <= lines, () => `line ${line} of ${lines}`);
      expectThat(cells.length > 0, () => 'a record of no cells');
    }
    return broken;
  },
  firstCheck: /line 1: /,
  share: 0.8,
  lines: { files: /files\/src\/csv(-\w+)?\.ts$/, share: delimiter === ',' ? 0.85 : 0.6 },
});

/** A file that `make` writes into a folder, which goes again. */
async function madeFile(make: (folder: string) => unknown, find: (folder: string) => string): Promise<Buffer[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mmolre-seed-'));
  try {
    await make(folder);
    return [readFileSync(find(folder))];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const KEYS = ['first', 'second'];
const numbersOf = (key: string) => Float32Array.from({ length: 40 }, (_, i) => KEYS.indexOf(key) + i);

const SEALED = { 'weights.bin': '0123456789', 'text/vocab.txt': 'a\nb\n' };

const python = findProgram('python3');
const MAKE_ZIP = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as archive:
    archive.writestr('pack/one.txt', 'one')
    archive.writestr('pack/below/two.txt', 'two' * 500, zipfile.ZIP_DEFLATED)
    archive.writestr('other.txt', 'not asked for')
`;
/** In place of `pack/one.txt`, as long as that. */
const ODD_NAMES = [
  'pack/../../x',
  '/tmp/one.txt',
  'pack/C:x.txt',
  'pack/..\\..\\x',
  'pack//one.tx',
  'pack/one\0txt',
  'PACK/one.txt',
];
const zipPieces = mutatePieces(placesOf('PK\x01\x02', 'PK\x03\x04', 'PK\x05\x06'));
const mutateZip: Mutator = (seed, draw) => {
  const name = pick(['pack/one.txt', ...ODD_NAMES], draw);
  const renamed = Buffer.from(
    seed.toString('latin1').replaceAll('pack/one.txt', () => name),
    'latin1',
  );
  return draw(3) === 0 && name !== 'pack/one.txt' ? { bytes: renamed, how: name } : zipPieces(renamed, draw);
};

const targets: Record<string, FuzzTarget> = {
  'csv, commas': csv(','),
  'csv, tabs': csv('\t'),
  'array cache': {
    seeds: () =>
      madeFile(
        (folder) => arrayCache({ folder }).setMany(new Map(KEYS.map((key) => [key, numbersOf(key)]))),
        (folder) => join(folder, 'shared', readdirSync(join(folder, 'shared'))[0]!),
      ),
    // The magic, the two sizes, the digest, a name and a length for each, the numbers.
    mutate: mutatePieces(() => [8, 12, 16, 48, 80, 84, 116, 120], 2),
    repair(bytes) {
      if (bytes.length < 48) return bytes;
      const digest = createHash('sha256').update(bytes.subarray(48)).digest();
      return Buffer.concat([bytes.subarray(0, 16), digest, bytes.subarray(48)]);
    },
    file: 'shared/a.arrays',
    async read(_path, folder) {
      const cache = arrayCache({ folder, warn: (line) => expectThat(false, () => line) });
      const found = cache.getMany(KEYS);
      for (const key of KEYS)
        expectThat(String(cache.get(key)) === String(found.get(key)), () => `two arrays for ${key}`);
      return found.size === KEYS.length ? [] : [`${found.size} found`];
    },
    firstCheck: /0 found/,
    share: 0.1,
    lines: { files: /files\/src\/array-(file|cache)\.ts$/, share: 0.4 },
  },
  'sealed folder': {
    seeds: () =>
      madeFile(
        async (folder) => {
          for (const [name, content] of Object.entries(SEALED)) await writeFileSafely(join(folder, name), content);
          await sealFolder(folder);
        },
        (folder) => join(folder, 'manifest.json'),
      ),
    mutate: mutateJson,
    file: 'manifest.json',
    beside: SEALED,
    async read(_path, folder) {
      const fault = await sealFault(folder);
      return fault === undefined ? [] : [fault];
    },
    firstCheck: /manifest\.json is missing or cannot be read/,
    share: 0.6,
    lines: { files: /files\/src\/sealed-folder\.ts$/, share: 0.5 },
  },
  ...(python && {
    zip: {
      seeds: () =>
        madeFile(
          (folder) => spawnSync(python, ['-c', MAKE_ZIP, join(folder, 'a.zip')]),
          (folder) => join(folder, 'a.zip'),
        ),
      mutate: mutateZip,
      isSlow: true,
      file: 'a.zip',
      async read(path, folder) {
        const target = join(folder, 'unpacked');
        rmSync(target, { recursive: true, force: true });
        const there = readdirSync(join(folder, '..')).join();
        try {
          const written = await unpackZip(path, target, [{ from: 'pack/', to: 'out/' }]);
          const all = readdirSync(target, { recursive: true, withFileTypes: true });
          const files = all.filter((entry) => entry.isFile()).length;
          expectThat(files === new Set(written).size, () => `${files} files, told ${written.join()}`);
          return files === 2 ? [] : [`${files} files`];
        } finally {
          expectThat(
            readdirSync(folder).sort().join() === 'a.zip,unpacked' || readdirSync(folder).join() === 'a.zip',
            () => `beside the folder: ${readdirSync(folder).join()}`,
          );
          expectThat(readdirSync(join(folder, '..')).join() === there, () => 'above the folder');
        }
      },
      firstCheck: /BadZipFile|not a zip file/,
      share: 0.3,
      lines: { files: /files\/src\/unpack-zip\.ts$/, share: 0.5 },
    } satisfies FuzzTarget,
  }),
};
if (!python) console.warn('not tested: broken zips, as there is no python3');

test.each(Object.entries(targets))(
  '%s: broken files are read or refused in one line',
  async (name, target) => {
    expect(await fuzz(name, target)).toEqual([]);
  },
  FUZZ_TIMEOUT,
);

test('breaks files the same way each time, and each differently', () => {
  const original = Buffer.from('a file that is sound, and long enough to be broken');
  const all = Array.from({ length: 300 }, (_, seed) => mutateBytes(original, drawFrom(seed)).bytes.toString('hex'));
  expect(all).toEqual(all.map((_, seed) => mutateBytes(original, drawFrom(seed)).bytes.toString('hex')));
  expect(new Set(all).size).toBeGreaterThan(250);
});
