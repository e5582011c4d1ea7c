import { readFile } from 'node:fs/promises';

/**
 * Reads a JSON file.
 *
 * @param expected What it should be, for the message where it is not there: `the folder of a trained run`.
 * @throws One line that names the file: not there, could not be read, or no JSON.
 */
export async function readJson(path: string, expected = 'a JSON file'): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      error.code === 'ENOENT' || error.code === 'ENOTDIR'
        ? `${path}: not found; expected ${expected}`
        : `${path}: could not be read: ${error.message}`,
    );
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path}: expected JSON, found something else (cut short?)`);
  }
}
