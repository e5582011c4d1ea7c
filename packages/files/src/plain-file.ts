import { type Stats, statSync } from 'node:fs';
import { DataError, shownPath } from './data-error';

/**
 * A path at which a file is about to be opened. To open a pipe is to wait for its writer, and a device may never end; a link to one counts
 * as one. Where nothing lies there, or the system does not say what, the path comes back, and opening it tells why.
 *
 * @param shown How the message calls it.
 * @returns The path.
 * @throws DataError if something else than a file lies there.
 */
export function plainFile(path: string, shown = shownPath(path)): string {
  const found = lookAt(path);
  if (found && !found.isFile()) throw new DataError(`${shown}: expected a file, found ${kindOf(found)}`);
  return path;
}

function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** What something is that is no file, in words. */
export function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}
