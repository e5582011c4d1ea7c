import { readFileSync, readlinkSync } from 'node:fs';

/**
 * What tells a process from every later one of its number, in words that only this machine's other processes can compare: the number space
 * (each container may have its own), and when it started.
 *
 * @returns undefined where the system does not say so: it is not Linux.
 */
export function ownBirth(): string | undefined {
  const started = startOf('self');
  return started && `${numberSpace()} ${started}`;
}

/**
 * Whether a process has ended; undefined where that cannot be told from here.
 *
 * @param birth Its `ownBirth`.
 */
export function hasEnded(pid: number, birth: string | undefined): boolean | undefined {
  const space = numberSpace();
  if (birth === undefined || !space) return isThere(pid) ? undefined : true; // its number may be another's by now
  if (!birth.startsWith(`${space} `)) return undefined;
  const started = startOf(pid);
  if (started === undefined) return isThere(pid) ? undefined : true;
  return birth !== `${space} ${started}`;
}

function numberSpace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

/** When a process started, in ticks since the machine did; `ended` if it waits for its parent to notice its end. */
function startOf(pid: number | 'self'): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name, in brackets, which may hold any character.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0]!, fields[19]!];
    return 'ZX'.includes(state) ? 'ended' : started;
  } catch {
    return undefined;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
