import { join } from 'node:path';
import { DataError, readDataFile } from '@mmolre/files';
import { type CorpusFolder, shownFile } from '../corpus-folder';
import { problem, type Report } from '../problem';

/** A text file's content, and the lines of it that are no UTF-8, which have been reported. */
export type TextFile = { text: string; badLines: ReadonlySet<number> };

const MAX_TEXT_BYTES = 500e6;

/**
 * Reads a UTF-8 file of a data set, with or without a byte order mark. Each line in another encoding is reported.
 *
 * @throws DataError if it is missing, empty, UTF-16, an LFS pointer, or a link that leads out of the folder.
 */
export async function readTextFile(folder: CorpusFolder, file: string, report: Report): Promise<TextFile> {
  const shown = shownFile(folder, file);
  const linked = folder.others.has(file) ? await folder.find(file, shown) : undefined;
  const path = linked ?? join(folder.root, file);
  return decodeText(await readDataFile(path, MAX_TEXT_BYTES, shown), shown, file, report);
}

function decodeText(bytes: Uint8Array, shown: string, file: string, report: Report): TextFile {
  const first = Buffer.from(bytes.subarray(0, 2)).toString('hex');
  if (first === 'fffe' || first === 'feff') {
    throw new DataError(`${shown}: expected UTF-8, found UTF-16; save it as UTF-8`);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return { text, badLines: new Set() };
  } catch {}
  const text = new TextDecoder('utf-8').decode(bytes);
  const badLines = new Set<number>();
  text.split(/\r\n|\r|\n/).forEach((content, index) => {
    if (!/[\0\ufffd]/.test(content)) return;
    badLines.add(index + 1);
    const message = `${shown}, line ${index + 1}: expected UTF-8, found another encoding; save it as UTF-8`;
    report(problem('bad-row', file, index + 1, message));
  });
  return { text, badLines };
}
