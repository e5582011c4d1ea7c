import { readFile } from 'node:fs/promises';
import { shownPath } from './data-error';
import { plainFile } from './plain-file';

/**
 * Reads a JSON file.
 *
 * @param expected What it should be, for the message where it is not there: `the folder of a trained run`.
 * @throws One line that names the file: not there, no file, could not be read, or no JSON.
 */
export async function readJson(path: string, expected = 'a JSON file'): Promise<unknown> {
  const shown = shownPath(path);
  const text = await readFile(plainFile(path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      error.code === 'ENOENT' || error.code === 'ENOTDIR'
        ? `${shown}: not found; expected ${expected}`
        : `${shown}: could not be read: ${error.message}`,
    );
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${shown}: expected JSON, found something else (cut short?)`);
  }
}
