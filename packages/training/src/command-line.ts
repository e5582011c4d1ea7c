import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shownPath } from '@mmolre/files';
import { closest, distance } from 'fastest-levenshtein';

// What the programs `trainer` and `eval` have in common. Nothing of TensorFlow.js is behind it.

export { PRESET_NAMES, type PresetName } from './preset-names';

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

/** What is asked of a program of commander's here. */
type Program = { args: readonly string[]; commands: readonly { name(): string }[] };

/**
 * For a program that does something without a command, so that a mistyped one looks like an argument: refuses any.
 *
 * @throws One line with the nearest command there is, or with all.
 */
export function refuseArguments({ args: [word], commands }: Program): void {
  if (!word) return;
  const names = commands.map((command) => command.name());
  const near = closest(word, names);
  const meant = distance(word, near) <= 2 ? `did you mean ${near}?` : `there are ${names.join(', ')}`;
  throw new Error(`no command is called ${word}; ${meant}`);
}
