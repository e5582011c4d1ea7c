import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DataError } from '@mmolre/files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mutate } from './mutate';
import { DEADLINE_SECONDS, type FuzzedReader, readers } from './readers';

// Broken files, always the same ones. A few a reader here; `pnpm test:fuzz` tries 2,000 and more of each.

const COUNT = Number(process.env.MMOLRE_FUZZ ?? 40);
/** Beyond what the process had before, for everything: worker threads with their decoders, what is not collected yet. */
const MAX_MEGABYTES = 250;
const AT_ONCE = 4;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** How many problems were listed. */
const listed = (value: unknown) => (value as { problems?: unknown[] } | undefined)?.problems?.length ?? 0;

async function place(reader: FuzzedReader, name: string): Promise<string> {
  const own = join(folder, name.replace(/\W/g, '-'));
  for (const [file, text] of Object.entries({ ...reader.beside, [reader.file]: '' })) {
    await mkdir(dirname(join(own, file)), { recursive: true });
    await writeFile(join(own, file), text);
  }
  return own;
}

type Outcome = { kind: 'read' | 'refused' | 'listed' | 'given up' } | { kind: 'wrong'; what: string };

async function attempt(reader: FuzzedReader, own: string, bytes: Uint8Array, usual: number): Promise<Outcome> {
  const path = join(own, reader.file);
  await writeFile(path, bytes);
  const started = performance.now();
  let [error, problems]: [unknown, number] = [undefined, usual];
  try {
    problems = listed(await reader.read(path, own));
  } catch (thrown) {
    error = thrown;
  }
  const seconds = (performance.now() - started) / 1_000;
  if (seconds > DEADLINE_SECONDS + 10) return { kind: 'wrong', what: `${seconds.toFixed(0)} s` };
  if (error === undefined) return { kind: problems > usual ? 'listed' : 'read' };
  if (!(error instanceof DataError)) return { kind: 'wrong', what: String((error as Error).stack ?? error) };
  if (error.message.includes('\n')) return { kind: 'wrong', what: `a message of several lines: ${error.message}` };
  return { kind: error.message.includes('given up') ? 'given up' : 'refused' };
}

test.each(Object.keys(readers))(
  '%s: broken files end in a DataError or are read, within time and memory',
  async (name) => {
    const reader = readers[name]!;
    const seeds = await reader.seeds();
    const counts: Record<string, number> = {};
    const wrong: string[] = [];
    const own = await place(reader, name);
    await writeFile(join(own, reader.file), seeds[0]!);
    const usual = listed(await reader.read(join(own, reader.file), own)); // the sound file is read
    const before = process.memoryUsage.rss();
    let next = 0;
    const worker = async (_: unknown, index: number) => {
      const own = await place(reader, `${name}-${index}`);
      for (let seed = next++; seed < COUNT; seed = next++) {
        const { bytes, how } = mutate(seeds[seed % seeds.length]!, seed);
        const outcome = await attempt(reader, own, reader.repair?.(bytes) ?? bytes, usual);
        counts[outcome.kind] = (counts[outcome.kind] ?? 0) + 1;
        if (outcome.kind === 'wrong') wrong.push(`file ${seed} (${how}): ${outcome.what}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const peak = process.resourceUsage().maxRSS * 1_024 - before; // of the process since it began
    if (COUNT > 100)
      console.log(`${name}: ${COUNT} files, ${JSON.stringify(counts)}, ${(peak / 1e6).toFixed(0)} MB more at most`);
    expect(wrong.slice(0, 5)).toEqual([]);
    expect((counts.refused ?? 0) + (counts.listed ?? 0)).toBeGreaterThan(COUNT / 20);
    expect(peak / 1e6).toBeLessThan(MAX_MEGABYTES);
  },
  COUNT * 1_000 + 60_000,
);

test('breaks files the same way each time, and each differently', () => {
  const original = Buffer.from('a file that is sound, and long enough to be broken');
  const all = Array.from({ length: 300 }, (_, seed) => mutate(original, seed));
  expect(all.map(({ bytes }) => bytes)).toEqual(Array.from({ length: 300 }, (_, seed) => mutate(original, seed).bytes));
  expect(new Set(all.map(({ bytes }) => bytes.toString('hex'))).size).toBeGreaterThan(250);
});
