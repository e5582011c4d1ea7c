import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@mmolre/backend';
import { describeEachBackend } from '@mmolre/backend/test';
import { createRng, normal } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExactIndex } from './exact-search';
import { createLanceIndex } from './lance-index';
import { loadLance } from './load-lance';
import { joined } from './rank';

const absent = await loadLance().then(
  () => undefined,
  (error: Error) => error.message,
);
if (absent) console.warn(`the index on disk is not tested: ${absent}`);

const root = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-lance-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(root, `index${++folders}`);

const D = 64;
const N = 20_000;

function vectors(count: number, seed: number, D = 64): Float32Array[] {
  const flat = tf.tidy(() => normal([count, D], 1, createRng(seed)).dataSync()) as Float32Array;
  return Array.from({ length: count }, (_, n) => flat.slice(n * D, (n + 1) * D));
}

/** 20,000 sources: every fourth a copy of one of 100 of them, or that vector doubled, or with one number hardly changed. */
function sourcesWithCopies(): { ids: string[]; sources: Float32Array[] } {
  const sources = vectors(N, 1);
  for (let n = 3; n < N; n += 4) {
    const like = sources[((n * 7) % 400) & ~3]!;
    sources[n] = n % 3 === 0 ? like.map((x) => 2 * x) : like.slice();
    if (n % 3 === 1) sources[n]![n % D]! += 1e-6;
  }
  return { ids: sources.map((_, n) => `s"${(n * 7919) % N}'é`), sources };
}

/** Some that are sources, some that are near the copied ones, and others. */
const queriesOf = (sources: Float32Array[]) => [
  ...sources.slice(0, 60),
  ...sources.slice(0, 60).map((source, n) => source.map((x, i) => (i === n % D ? x + 0.01 : x))),
  ...vectors(80, 2),
];

/** Rows and different ids that a table has, as LanceDB itself says. */
async function stored(folder: string): Promise<{ rows: number; ids: number }> {
  const { lancedb } = await loadLance();
  const table = await (await lancedb.connect(folder)).openTable('sources');
  const rows = await table.query().select(['id']).toArray();
  expect(await table.countRows()).toBe(rows.length);
  return { rows: rows.length, ids: new Set(rows.map(({ id }) => id)).size };
}

describe.skipIf(absent)('an index on disk', () => {
  describeEachBackend('20,000 sources', () => {
    test('has the answers of exact search to the last bit, opened again too', async () => {
      const { ids, sources } = sourcesWithCopies();
      const folder = newFolder();
      const [exact, index] = [createExactIndex(), createLanceIndex({ folder })];
      const before = tf.memory().numTensors;
      await exact.add(ids, sources);
      await index.add(ids.slice(0, 5), sources.slice(0, 5));
      await index.add(ids.slice(5), sources.slice(5));
      const queries = queriesOf(sources);
      const expected = await exact.search(queries, 5);
      expect(await index.search(queries, 5)).toEqual(expected);
      index.close();
      expect(await createLanceIndex({ folder }).search(queries, 5)).toEqual(expected);
      expect(await stored(folder)).toEqual({ rows: N, ids: N });
      expect(tf.memory().numTensors).toBe(before);
      // Ties that single precision would not see, and copies: the first queries have hundreds of them.
      expect(expected[0]!.map(({ similarity }) => similarity > 1 - 1e-9)).toEqual([true, true, true, true, true]);
    });
  });

  beforeAll(async () => {
    await useBackend({ backend: 'wasm', log: () => {} });
  });

  test('what is added again is stored once; another vector replaces the first', async () => {
    const [sources, others] = [vectors(300, 3), vectors(300, 4)];
    const ids = sources.map((_, n) => `s${n}`);
    const folder = newFolder();
    await createLanceIndex({ folder }).add(ids, sources);
    const index = createLanceIndex({ folder });
    await index.add(ids.slice(100), [...sources.slice(100, 200), ...others.slice(200)]);
    expect(await stored(folder)).toEqual({ rows: 300, ids: 300 });
    const exact = createExactIndex();
    await exact.add(ids, [...sources.slice(0, 200), ...others.slice(200)]);
    const queries = [...sources.slice(195, 205), ...others.slice(195, 205)];
    expect(await index.search(queries, 2)).toEqual(await exact.search(queries, 2));
  });

  test('approximately: nearly always the nearest, with its exact cosine; every row of a small table', async () => {
    const centres = vectors(200, 5);
    const sources = vectors(N, 6).map((noise, n) => noise.map((x, i) => 0.5 * x + centres[n % 200]![i]!));
    const queries = vectors(200, 7).map((noise, n) => noise.map((x, i) => 0.5 * x + centres[n]![i]!));
    const ids = sources.map((_, n) => `s${n}`);
    const [exact, index] = [createExactIndex(), createLanceIndex({ folder: newFolder(), approximate: true })];
    await exact.add(ids.slice(0, 900), sources.slice(0, 900));
    await index.add(ids.slice(0, 900), sources.slice(0, 900));
    expect(await index.search(queries.slice(0, 9), 3)).toEqual(await exact.search(queries.slice(0, 9), 3));
    await exact.add(ids.slice(900), sources.slice(900));
    await index.add(ids.slice(900), sources.slice(900));
    const [found, expected] = [await index.search(queries, 2), await exact.search(queries, 2)];
    const same = found.filter(([nearest], q) => nearest!.id === expected[q]![0]!.id);
    expect(same.length).toBeGreaterThan(190);
    const similarity = new Map(expected.flat().map((one) => [one.id, one.similarity]));
    for (const [nearest] of same) expect(nearest!.similarity).toBe(similarity.get(nearest!.id));
  });

  test('killed in the middle of building and started again: no row lost, none doubled, the same answers', async () => {
    const { ids, sources } = sourcesWithCopies();
    const folder = newFolder();
    writeFileSync(join(root, 'ids.json'), JSON.stringify(ids));
    writeFileSync(join(root, 'vectors.bin'), Buffer.from(joined(sources, D).buffer));
    const versions = () => countIn(join(folder, 'sources.lance/_versions'), '.manifest');
    const files = () => countIn(join(folder, 'sources.lance/data'), '');
    // While its first rows are written; some commits later; and while the next ones are written.
    let before = 0;
    expect(await killedWhen(folder, () => files() > 0)).toBe('SIGKILL');
    before = versions();
    expect(await killedWhen(folder, () => versions() > before + 4)).toBe('SIGKILL');
    before = files();
    expect(await killedWhen(folder, () => files() > before + 8)).toBe('SIGKILL');
    const half = await stored(folder);
    expect(half.rows).toBe(half.ids);
    expect([half.rows > 0, half.rows < N]).toEqual([true, true]);

    const index = createLanceIndex({ folder });
    await index.add(ids, sources);
    expect(await stored(folder)).toEqual({ rows: N, ids: N });
    const exact = createExactIndex();
    await exact.add(ids, sources);
    const queries = queriesOf(sources);
    expect(await index.search(queries, 5)).toEqual(await exact.search(queries, 5));
  });
});

/** The files of a folder whose names end so. */
const countIn = (folder: string, ending: string) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(ending)).length : 0;

/** A program that adds the sources, 500 at a time, and is killed as soon as something is so. @returns What ended it. */
async function killedWhen(folder: string, isSo: () => boolean): Promise<NodeJS.Signals | null> {
  const program = `
    import { readFileSync } from 'node:fs';
    import { createLanceIndex } from ${JSON.stringify(new URL('../../dist/lancedb.js', import.meta.url).href)};
    const ids = JSON.parse(readFileSync('ids.json', 'utf8'));
    const vectors = new Float32Array(new Uint8Array(readFileSync('vectors.bin')).buffer);
    const index = createLanceIndex({ folder: ${JSON.stringify(folder)} });
    for (let n = 0; n < ids.length; n += 500) {
      const some = ids.slice(n, n + 500);
      await index.add(some, some.map((_, i) => vectors.subarray((n + i) * ${D}, (n + i + 1) * ${D})));
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: root, stdio: 'inherit' });
  const ended = once(child, 'exit');
  while (!isSo() && child.exitCode === null) await setTimeout(1);
  child.kill('SIGKILL');
  const [, signal] = await ended;
  return signal as NodeJS.Signals | null;
}

describe.skipIf(absent)('what an index on disk refuses', () => {
  const vector = new Float32Array([1, 2]);

  test('vectors of another length, without a direction, ids twice, and a search of nothing', async () => {
    const folder = newFolder();
    const index = createLanceIndex({ folder, table: 'negative-meld' });
    await expect(index.search([vector], 1)).rejects.toThrow(
      `table 'negative-meld' in ${folder}: there is no such table yet; add sources before searching them`,
    );
    expect(existsSync(folder)).toBe(false);
    await expect(index.add(['x'], [new Float32Array(2)])).rejects.toThrow(
      'source x: expected a vector with a direction',
    );
    await expect(index.add(['x', 'x'], [vector, vector])).rejects.toThrow('each id once, found "x" twice');
    await expect(index.add(['x'], [])).rejects.toThrow('expected a vector an id, got 1 ids, 0 vectors');
    await index.add(['x'], [vector]);
    const longer = new Float32Array([1, 2, 3]);
    const message = `table 'negative-meld' in ${folder}: expected vectors of 3 numbers, as the model makes, found vectors of 2 numbers; delete it`;
    await expect(index.add(['y'], [longer])).rejects.toThrow(message);
    await expect(index.search([longer], 1)).rejects.toThrow(message);
    expect(await index.search([vector, new Float32Array([0, 1])], 5)).toMatchObject([[{ id: 'x' }], [{ id: 'x' }]]);
    expect(await index.search([], 5)).toEqual([]);
  });

  test('names, probes, damaged tables, tables of others, a file in place of the folder', async () => {
    expect(() => createLanceIndex({ folder: 'f', table: 'a/b' })).toThrow(
      'letters, digits and _ - . only, found "a/b"',
    );
    expect(() => createLanceIndex({ folder: 'f', approximate: { probes: 0 } })).toThrow('expected probes of 1 or more');
    const folder = newFolder();
    const { lancedb } = await loadLance();
    await (await lancedb.connect(folder)).createTable('sources', [{ id: 'x', vector: [1, 2] }]);
    await expect(createLanceIndex({ folder }).search([vector], 1)).rejects.toThrow('found another kind of table');
    mkdirSync(join(folder, 'torn.lance/_versions'), { recursive: true });
    writeFileSync(join(folder, 'torn.lance/_versions/18446744073709551614.manifest'), 'torn');
    await expect(createLanceIndex({ folder, table: 'torn' }).add(['x'], [vector])).rejects.toThrow(
      /table 'torn' in .* cannot be opened \(.*sufficient data.*\); delete it to have it made again/,
    );
    const file = join(root, 'file');
    writeFileSync(file, '');
    await expect(createLanceIndex({ folder: file }).add(['x'], [vector])).rejects.toThrow(
      `table 'sources' in ${file} cannot be opened (`,
    );
  });
});

test('says how to install LanceDB where it is not', () => {
  // The built package, where everything but LanceDB can be found.
  const place = join(root, 'node_modules/@mmolre/label-unification');
  const built = fileURLToPath(new URL('../../dist', import.meta.url));
  cpSync(built, join(place, 'dist'), { recursive: true });
  cpSync(join(built, '../package.json'), join(place, 'package.json'));
  for (const name of ['@tensorflow/tfjs', '@mmolre/backend', '@mmolre/nn']) {
    mkdirSync(dirname(join(root, 'node_modules', name)), { recursive: true });
    symlinkSync(join(built, '../node_modules', name), join(root, 'node_modules', name), 'junction');
  }
  const program = `
    import { createLanceIndex } from '@mmolre/label-unification/lancedb';
    await createLanceIndex({ folder: 'nothing' }).add(['x'], [new Float32Array([1])]).catch(({ message }) => console.log(message));`;
  writeFileSync(join(root, 'program.mjs'), program);
  const { stdout, stderr } = spawnSync(process.execPath, ['program.mjs'], { cwd: root, encoding: 'utf8' });
  expect(stdout, stderr).toBe(
    'an index on disk needs @lancedb/lancedb and apache-arrow; apache-arrow is not installed: ' +
      'npm install --ignore-scripts @lancedb/lancedb@0.37.1 apache-arrow@18.1.0\n',
  );
  expect(existsSync(join(root, 'nothing'))).toBe(false);
});
