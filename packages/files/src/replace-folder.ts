import { existsSync } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { flush, isDiskFault, notWritten } from './write-faults';

export type ReplaceFolderOptions = {
  /** Whether a copy that is in place when the new one is finished stays, such as that of another process that was faster: none does. */
  keep?: (folder: string) => boolean;
};

/**
 * Makes a folder beside its place, then puts it there: whoever reads finds the old one or the whole new one, and where `write` fails the
 * old one stays, also where the machine loses its power. All work is done in a folder `tmp-<name>-…` beside the target, which is removed at
 * the end; only a process that is killed leaves it, or a disk that fails.
 *
 * @param write Makes the folder whose path it gets first. Its second path is an empty folder, for what it needs on the way.
 * @throws What `write` throws; one line that names the target and says why, if the disk takes no more.
 */
export async function replaceFolder(
  target: string,
  write: (folder: string, scratch: string) => Promise<void>,
  { keep = () => false }: ReplaceFolderOptions = {},
): Promise<void> {
  const refuse = (error: unknown): never => {
    throw notWritten(target, error);
  };
  await mkdir(dirname(target), { recursive: true }).catch(refuse);
  const work = await mkdtemp(join(dirname(target), `tmp-${basename(target)}-`)).catch(refuse);
  try {
    const [made, scratch] = [join(work, 'made'), join(work, 'scratch')];
    await mkdir(scratch).catch(refuse);
    await write(made, scratch);
    await access(made);
    await flushAll(made).catch(refuse);
    await putInPlace(made, target, join(work, 'old'), keep).catch(refuse);
    await flush(dirname(target)).catch(refuse);
  } catch (error) {
    throw isDiskFault(error) ? notWritten(target, error) : error;
  } finally {
    await rm(work, { recursive: true, force: true }).catch(() => {}); // the disk fails: what has happened matters more
  }
}

async function flushAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() || entry.isDirectory()) await flush(join(entry.parentPath, entry.name));
  await flush(folder);
}

/** Other processes may put their own copy there at any moment, between two steps of this one. */
const MAX_ATTEMPTS = 10;

async function putInPlace(made: string, target: string, old: string, keep: (folder: string) => boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const aside = `${old}-${attempt}`;
    if (existsSync(target)) {
      if (keep(target)) return;
      await rename(target, aside).catch((error) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
    }
    try {
      await rename(made, target);
      return;
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error)) && attempt < MAX_ATTEMPTS) continue;
      if (existsSync(aside)) await rename(aside, target);
      throw error;
    }
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';
