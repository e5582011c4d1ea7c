import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Refuses a folder that holds what this program did not make, before any work is done.
 *
 * @param marker A file that every folder of ours has.
 * @param input A folder that is read, and so must stay.
 */
export function checkReplaceable(out: string, { marker, input }: { marker: string; input: string }): void {
  if (!existsSync(out)) return;
  if (realpathSync(out) === realpathSync(input))
    throw new Error(`--out ${out}: this is the model that training starts from; name another folder`);
  const names = readdirSync(out);
  if (names.length > 0 && !names.includes(marker))
    throw new Error(`--out ${out}: has files that this command did not make; name another folder`);
}

/** Writes a folder beside, then puts it in its place: whoever reads sees the old one or the whole new one. */
export async function replaceFolder(out: string, write: (folder: string) => Promise<void>): Promise<void> {
  const beside = `${out}.${process.pid}.tmp`;
  const old = `${out}.${process.pid}.old`;
  try {
    await mkdir(dirname(out), { recursive: true });
    await write(beside);
    if (existsSync(out)) await rename(out, old);
    await rename(beside, out).catch(async (error) => {
      if (existsSync(old)) await rename(old, out);
      throw error;
    });
    await rm(old, { recursive: true, force: true });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}
