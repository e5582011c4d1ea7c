import { existsSync, readdirSync, realpathSync } from 'node:fs';

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
