import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, withLock } from '@mmolre/files';

/**
 * Runs `work` while no other install of this user runs, and before it removes what installs that were cut off left. The lock saves doing the
 * same work twice; that two installs cannot harm each other rests on finished folders being renamed into place.
 */
export function withInstallLock<T>(log: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const folder = cacheFolder();
  const locked = async () => {
    for (const name of readdirSync(folder))
      if (/^tmp-(tensorflow|binding)-/.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
    return work();
  };
  return withLock(join(folder, 'install.lock'), locked, {
    onHeld: () => log('waiting for another install of the native backend'),
  });
}
