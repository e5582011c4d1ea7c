import { statfsSync } from 'node:fs';
import { pipDownload, requirePython } from '@mmolre/files';
import { BackendError } from './errors';
import type { NativeRow } from './platforms';

/** TensorFlow's libraries do not depend on Python's version; this is the one whose wheels the table names. */
const PYTHON_TAGS = ['--python-version=3.11', '--implementation=cp', '--abi=cp311'];

/**
 * Downloads a row's wheel with pip.
 *
 * @param folder An empty folder of ours; all that pip writes, its temporary files too, stays in it.
 * @returns The wheel's path, its checksum verified.
 * @throws One line: python3 or pip is missing, the disk is too full, the download fails or the checksum differs.
 */
export async function fetchWheel(row: NativeRow, folder: string, log: (line: string) => void): Promise<string> {
  const { sha256, platformTag } = row;
  if (!sha256)
    throw new BackendError(
      `${row.key} has no verified checksum yet, so it is not installed; add its SHA-256 to the table`,
    );
  await requirePython();
  requireSpace(folder, row.megabytes * 5);
  return pipDownload({ ...row, sha256, tags: [...PYTHON_TAGS, `--platform=${platformTag}`] }, folder, log);
}

function requireSpace(folder: string, megabytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / 1e6);
  if (free < megabytes)
    throw new BackendError(
      `the native backend needs ${megabytes} MB free in ${folder} for a while, and ${free} MB are; free some space`,
    );
}
