import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { jobs } from './__fixtures__/test-worker';
import { createWorkerPool, type RunJob } from './worker-pool';

let folder: string;
let run: RunJob<typeof jobs>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-pool-'));
  const worker = fileURLToPath(new URL('__fixtures__/test-worker.ts', import.meta.url));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const options = { format: 'esm', target: 'node20', config: false, silent: true, dts: false } as const;
  await build({ entry: { worker }, outDir: folder, clean: false, ...options });
  run = createWorkerPool<typeof jobs>(pathToFileURL(join(folder, 'program.js')).href);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = { seconds: 30, subject: 'file' };

test('gives what the job gives; typed arrays come over, also within an object', async () => {
  expect(await run('square', Float32Array.of(2, -3), options)).toEqual(Float32Array.of(4, 9));
  const expected = { name: 'two', parts: [new Float32Array(3), new Uint8Array(3)] };
  expect(await run('parts', 3, options)).toEqual(expected);
});

test('errors come through with their message, and data errors with their kind', async () => {
  const error = { name: 'DataError', kind: 'lfs-pointer', message: 'a pointer' };
  await expect(run('refuse', 'lfs-pointer', options)).rejects.toMatchObject(error);
  await expect(run('refuse', undefined, options)).rejects.toMatchObject({ name: 'Error', message: 'out of range' });
});

test('gives up what takes too long, brings its worker down or fills its memory, and goes on with the next', async () => {
  const outcome = (job: Promise<unknown>) =>
    job.then(
      (value) => value,
      (error: Error) => `${error.name}: ${error.message}`,
    );
  const all = [
    run('spin', undefined as never, { ...options, seconds: 0.3 }),
    run('exit', undefined as never, options),
    run('fill', undefined as never, options),
    run('square', Float32Array.of(4), options),
  ];
  expect(await Promise.all(all.map(outcome))).toEqual([
    'DataError: file: given up, as it was not read within 0.3 seconds',
    'DataError: file: cannot be read: its reader stopped',
    'DataError: file: cannot be read: it needs too much memory',
    Float32Array.of(16),
  ]);
});

test('more jobs than workers are all done, by at most four threads', async () => {
  const threads = await Promise.all(Array.from({ length: 40 }, () => run('sleep', 5, options)));
  expect(new Set(threads).size).toBeLessThanOrEqual(Math.min(4, availableParallelism()));
});

test('counts the time of the work, not that of a caller who was busy', async () => {
  const working = run('sleep', 10, { ...options, seconds: 0.5 });
  const until = performance.now() + 1_000;
  while (performance.now() < until);
  expect(await working).toBeGreaterThan(0);
});

test('a worker that cannot start is one failed job each', async () => {
  const nowhere = createWorkerPool<typeof jobs>(pathToFileURL(join(folder, 'nowhere', 'program.js')).href);
  const results = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((i) => nowhere('sleep', i, options)));
  for (const result of results)
    expect(result).toMatchObject({
      status: 'rejected',
      reason: { name: 'DataError', message: expect.stringMatching(/^file: cannot be read: Cannot find module/) },
    });
});
