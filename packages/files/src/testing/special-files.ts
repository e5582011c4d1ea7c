import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What may lie where a file is expected: to open one of them waits for ever, or gives bytes for ever. */
export const SPECIAL_FILES = ['a pipe', 'a link to a pipe', '/dev/zero'] as const;

/** Puts one there, in place of what there is; its folder is made. */
export function placeSpecialFile(kind: (typeof SPECIAL_FILES)[number], path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  if (kind === '/dev/zero') {
    symlinkSync(kind, path);
    return;
  }
  const pipe = kind === 'a pipe' ? path : join(dirname(path), '.pipe');
  rmSync(pipe, { force: true });
  const { status, stderr, error } = spawnSync('mkfifo', [pipe], { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(stderr);
  if (pipe !== path) symlinkSync(pipe, path);
}
