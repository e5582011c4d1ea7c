import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where this user's programs keep what they can make again: `$XDG_CACHE_HOME` if that is an absolute path, else `~/.cache`. */
export function userCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env.XDG_CACHE_HOME;
  return xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache');
}

/** Our folder in {@link userCacheFolder}. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env): string => join(userCacheFolder(env), 'mmolre');
