import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shownPath } from '@mmolre/files';
import { closest, distance } from 'fastest-levenshtein';

// What the programs `trainer` and `eval` have in common. Nothing of TensorFlow.js is behind it.

/** Where `data` and `runs` are: the repository that the program at this address is a part of, else, as it was installed, where the user stands. */
export function homeFolder(programUrl: string): string {
  const repository = fileURLToPath(new URL('../../..', programUrl));
  return existsSync(join(repository, 'pnpm-workspace.yaml')) ? repository : process.cwd();
}

/** The version of the package that the program at this address is a part of. */
export const programVersion = (programUrl: string): string =>
  (JSON.parse(readFileSync(new URL('../package.json', programUrl), 'utf8')) as { version: string }).version;

/** @throws One line that names the folder and what was expected of it, unless it is there. */
export function assertFolder(folder: string, expected: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`${shownPath(folder)}: no such folder; expected ${expected}`);
}

/**
 * For a program that does something without a command, so that a mistyped one looks like an argument too many.
 *
 * @param word What is no command.
 * @throws One line with the nearest command there is, or with all.
 */
export function refuseCommand(word: string, commands: readonly string[]): never {
  const near = closest(word, commands);
  const meant = distance(word, near) <= 2 ? `did you mean ${near}?` : `there are ${commands.join(', ')}`;
  throw new Error(`no command is called ${word}; ${meant}`);
}
