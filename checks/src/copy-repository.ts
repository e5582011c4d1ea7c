import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readWorkspace } from './workspace.mjs';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A copy of this checkout's source in a new folder, to plant faults in: without data, pictures and what is built, and with the same packages
 * installed. Never run pnpm in it: it would install anew.
 */
export function copyRepository(): string {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-copy-')));
  const list = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
  });
  for (const file of list.split('\0').filter((name) => isSource(name) && existsSync(join(repository, name)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(repository, file), join(copy, file));
  }
  for (const folder of ['', 'checks', 'docs', ...readWorkspace(repository).map((one) => one.folder)])
    linkModules(folder, copy);
  return copy;
}

const isSource = (file: string) =>
  /\.(ts|mjs|js|json|yaml|svg)$|^\.gitignore$/.test(file) && !/^data\/|__fixtures__\/.*json$/.test(file);

/** Links what is installed for a folder, the repository's own packages to their copies. */
function linkModules(folder: string, copy: string): void {
  const modules = join(repository, folder, 'node_modules');
  const names = readdirSync(modules).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
  );
  for (const name of names) {
    const path = relative(repository, realpathSync(join(modules, name)));
    const target = /^(packages|apps)\//.test(path) && !path.includes('node_modules') ? copy : repository;
    const link = join(copy, folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(target, path), link);
  }
}
