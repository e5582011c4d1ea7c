import { statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { DataError, fileInside, quoted, reason, shownPath } from '@mmolre/files';
import { checkEncoding } from './formats/encodings';

const MAX_ENTRIES = 2_000_000;
const MAX_DEPTH = 12;

/** A data set's folder and every regular file in it, listed once. */
export type CorpusFolder = {
  /** As the user wrote it, for messages. */
  shown: string;
  /** Absolute, without symbolic links. */
  root: string;
  /** What its texts are in where they are no UTF-8, as the user says. */
  encoding?: string;
  /** Relative paths of the regular files, `/` between folders; hidden ones are left out. */
  files: ReadonlySet<string>;
  /** Relative paths of the folders. */
  folders: ReadonlySet<string>;
  /** Relative paths of symbolic links and other entries that are neither file nor folder. */
  others: ReadonlySet<string>;
  /** Folders that could not be listed, and why. */
  unreadable: readonly { path: string; reason: string }[];
  /**
   * The absolute path of a file that the data names.
   *
   * @param place Where the name stands, for the message.
   * @returns undefined if there is no such file.
   * @throws DataError if the name leads out of the folder, or to something that is no file or is empty.
   */
  find(name: string, place: string): Promise<string | undefined>;
};

export type FolderOptions = {
  /** What texts are in where they are no UTF-8, such as `windows-1252` or `gbk`. */
  encoding?: string | undefined;
  /** Follow symbolic links in the folder, also to other disks; else what lies behind one is refused. */
  followLinks?: boolean | undefined;
};

/** Lists a folder. @throws DataError if it is none or cannot be listed, or there is no such encoding. */
export async function openCorpusFolder(
  folder: string,
  { encoding, followLinks = false }: FolderOptions = {},
): Promise<CorpusFolder> {
  if (encoding !== undefined) checkEncoding(encoding);
  const shown = shownPath(folder);
  const info = await stat(folder).catch(() => undefined);
  if (!info) throw new DataError(`${shown}: no such folder; expected a folder with a data set`);
  if (!info.isDirectory()) throw new DataError(`${shown}: expected a folder with a data set, found a file`);
  const root = await realpath(folder);
  const files = new Set<string>();
  const others = new Set<string>();
  const folders = new Set<string>();
  const unreadable: { path: string; reason: string }[] = [];
  await list(root, '', [root], followLinks, { files, others, folders, unreadable });
  const find = async (name: string, place: string) => {
    if (!files.has(name)) {
      // A plain name that is not listed does not exist, unless the way to it goes through a link.
      const plain = !/(^|\/)\.{0,2}(\/|$)|[\\\0:]/.test(name);
      if (plain && others.size === 0 && !folders.has(name)) return undefined;
      return fileInside(root, name, place).catch((error: Error) => {
        const isLink = error instanceof DataError && / link /.test(error.message);
        throw isLink ? new DataError(`${error.message}; --follow-links allows it`, { kind: error.kind }) : error;
      });
    }
    const path = join(root, name);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === 0) throw new DataError(`${place}: the file ${quoted(name)} is empty`, { kind: 'corrupt-audio' });
    return size === undefined ? undefined : path;
  };
  return { shown, root, files, folders, others, unreadable, find, ...(encoding !== undefined && { encoding }) };
}

/** The path of a file in messages, below the folder as the user wrote it. */
export const shownFile = ({ shown }: CorpusFolder, file: string) => `${shown}/${shownPath(file)}`;

/** A line of a file in messages, or the file where there is no line. */
export const shownPlace = (folder: CorpusFolder, { file, line }: { file: string; line?: number }) =>
  `${shownFile(folder, file)}${line === undefined ? '' : `, line ${line}`}`;

/** A file's path relative to the folder, `/` between folders. */
export const relativeFile = ({ root }: CorpusFolder, path: string) => relative(root, path).split(sep).join('/');

/** The file of this name that lies least deep; undefined if there is none. */
export function fileNamed({ files }: CorpusFolder, name: string): string | undefined {
  if (files.has(name)) return name;
  const found = [...files].filter((file) => file.endsWith(`/${name}`));
  return found.sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1))[0];
}

type Listing = Record<'files' | 'others' | 'folders', Set<string>> & { unreadable: { path: string; reason: string }[] };

/**
 * @param above The folders above and the folder itself, without links: one that occurs again is a circle.
 */
async function list(
  root: string,
  below: string,
  above: readonly string[],
  followLinks: boolean,
  found: Listing,
): Promise<void> {
  if (above.length > MAX_DEPTH + 1)
    throw new DataError(`${shownPath(join(root, below))}: more than ${MAX_DEPTH} folders deep`);
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (below === '') throw new DataError(`${shownPath(root)}: ${reason(error)}`);
    found.unreadable.push({ path: below, reason: reason(error) });
    return [];
  });
  const folders: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const what = followLinks && entry.isSymbolicLink() ? await stat(join(root, path)).catch(() => entry) : entry;
    if (what.isDirectory()) folders.push(path);
    else (what.isFile() ? found.files : found.others).add(path);
  }
  if (found.files.size > MAX_ENTRIES) {
    throw new DataError(`${shownPath(root)}: more than ${MAX_ENTRIES} files; name the data set's own folder`);
  }
  for (const folder of folders.sort()) {
    const real = followLinks ? await realpath(join(root, folder)) : join(root, folder);
    if (above.includes(real)) continue; // a link to a folder that it lies in, whose files are listed
    found.folders.add(folder);
    await list(root, folder, [...above, real], followLinks, found);
  }
}
