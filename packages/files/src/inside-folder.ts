import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { DataError, quoted } from './data-error';
import { reason } from './read-file';

/**
 * The absolute path of a file that a data set names, which must lie in the data set's folder, also after symbolic links.
 *
 * @param root The folder, as `realpath` gives it.
 * @param name A path relative to it, `/` between folders.
 * @param place Where the name stands, for the message.
 * @returns undefined if there is no such file.
 * @throws DataError if the name leads out of the folder, or to something that is no file or is empty.
 */
export async function fileInside(root: string, name: string, place: string): Promise<string | undefined> {
  const outside = new DataError(`${place}: expected a path inside the folder, found ${quoted(name)}`, {
    kind: 'outside-folder',
  });
  if (isAbsolute(name) || /^[a-z]:/i.test(name) || name.includes('\0') || leaves(root, join(root, name))) throw outside;
  const path = await realpath(join(root, name)).catch((error: NodeJS.ErrnoException) => error);
  if (path instanceof Error) {
    if (path.code === 'ENOENT' || path.code === 'ENOTDIR' || path.code === 'ENAMETOOLONG') return undefined;
    throw new DataError(`${place}: ${quoted(name)}: ${reason(path)}`);
  }
  if (leaves(root, path)) {
    throw new DataError(`${outside.message}, a link that leads out of it`, { kind: 'outside-folder' });
  }
  const found = await stat(path);
  if (!found.isFile())
    throw new DataError(`${place}: expected a file, found that ${quoted(name)} is none`, { kind: 'missing-audio' });
  if (found.size === 0) throw new DataError(`${place}: the file ${quoted(name)} is empty`, { kind: 'corrupt-audio' });
  return path;
}

function leaves(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
}
