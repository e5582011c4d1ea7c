import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Of, writeManifest } from '@mmolre/files';
import { BackendError } from './errors';
import { fetchWheel } from './fetch-wheel';
import type { NativeRow } from './platforms';
import { unpackCuda, unpackTensorflow } from './unpack-wheel';

/** What a copy is made from: the checksum of its wheel, or of the checksums of all its wheels; `unknown` if one has none. */
export function copySource({ sha256, cuda = [] }: NativeRow): string {
  const all = [sha256, ...cuda.map((wheel) => wheel.sha256)];
  if (all.includes(undefined)) return 'unknown';
  return cuda.length > 0 ? sha256Of([all.join('\n')]) : sha256!;
}

/** All that is downloaded, in MB. */
const downloadMegabytes = ({ megabytes, cuda = [] }: NativeRow): number =>
  [megabytes, ...cuda.map((wheel) => wheel.megabytes)].reduce((sum, one) => sum + one);

/** The disk that is needed for a while, in MB: the wheels in pip's cache and beside it, and what comes out of them. */
const diskMegabytes = (row: NativeRow): number => row.megabytes * 5 + (downloadMegabytes(row) - row.megabytes) * 3;

/**
 * Downloads a row's wheels one after another, and unpacks each before the next.
 *
 * @param folder Receives `lib/`, `include/`, for a GPU also `nvidia/`, and last `manifest.json`; must not exist.
 * @param scratch An empty folder, for what is needed on the way.
 * @throws One line: python3 or pip is missing, the disk is too full, a download fails, or a wheel is not the one we know.
 */
export async function fetchTensorflow(
  row: NativeRow,
  folder: string,
  scratch: string,
  log: (line: string) => void,
): Promise<void> {
  const { cuda = [] } = row;
  const needed = diskMegabytes(row);
  if (cuda.length > 0)
    log(`${cuda.length + 1} downloads, ${downloadMegabytes(row)} MB; they need ${needed} MB of disk for a while`);
  requireSpace(scratch, needed);
  const files: string[] = [];
  for (const wheel of [row, ...cuda]) {
    const own = join(scratch, wheel.project);
    mkdirSync(own);
    const file = await fetchWheel(wheel, own, log);
    log(`unpacking ${wheel.project} ${wheel.version}`);
    files.push(...(await (wheel === row ? unpackTensorflow(row, file, folder) : unpackCuda(wheel, file, folder))));
    rmSync(own, { recursive: true });
  }
  writeManifest(folder, copySource(row), files);
}

function requireSpace(folder: string, megabytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / 1e6);
  if (free < megabytes)
    throw new BackendError(
      `the native backend needs ${megabytes} MB free in ${folder} for a while, and ${free} MB are; free some space`,
    );
}
