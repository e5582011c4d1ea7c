import { mkdir, readdir } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { DataError, quoted, shownPath } from '@mmolre/files';
import type { CorpusFolder } from '../corpus-folder';
import { hasProgress } from './progress-file';

/** Makes the prepared folder. @throws DataError if it lies in the data set, or holds something else. */
export async function openOutput(out: string, folder: CorpusFolder): Promise<void> {
  const way = relative(folder.root, out);
  if (way === '' || !(way === '..' || way.startsWith(`..${sep}`))) {
    throw new DataError(`${shownPath(out)}: the prepared folder must lie outside the data set's own folder`);
  }
  const there = await readdir(out).catch(() => []);
  if (there.length > 0 && !hasProgress(out)) {
    throw new DataError(`${shownPath(out)}: holds something else already (${quoted(there[0]!)}); name an empty folder`);
  }
  await mkdir(out, { recursive: true });
}
