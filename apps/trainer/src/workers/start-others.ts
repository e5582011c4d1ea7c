import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The processes that this one has started. */
export type Others = {
  /** Waits until all have ended. @throws If one fails. */ ended(): Promise<void>;
  /** At once, as when this one has failed. */ kill(): void;
};

/** Starts ranks 1, 2, … of `local:<n>` workers by this process's own command. What they write is passed on with their rank before it. */
export function startOthers(addresses: readonly string[], log: (line: string) => void): Others {
  const args = process.argv.slice(2);
  const at = args.findIndex((argument) => argument === '--workers' || argument.startsWith('--workers='));
  args.splice(at, args[at] === '--workers' ? 2 : 1);
  const others = addresses.slice(1).map((_, i): { child: ChildProcess; closed: Promise<unknown[]> } => {
    const rank = i + 1;
    const own = [...args, '--workers', addresses.join(), '--rank', String(rank)];
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...own], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    createInterface({ input: child.stderr! }).on('line', (line) => log(`rank ${rank}: ${line}`));
    return { child, closed: once(child, 'close').catch(() => [1]) };
  });
  const kill = () => {
    for (const { child } of others) child.kill('SIGKILL'); // one that is stopped, too
  };
  process.once('exit', kill);
  return {
    async ended() {
      const codes = await Promise.all(others.map(({ closed }) => closed));
      const failed = codes.findIndex(([code]) => code !== 0);
      if (failed >= 0 && !process.exitCode) throw new Error(`rank ${failed + 1} has ended with an error`);
    },
    kill,
  };
}
