import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { hardwareLine } from '@mmolre/backend';
import { toTerminal } from '@mmolre/report';
import { Command } from 'commander';
import { atLeast } from './at-least';
import { loadBefore } from './before-timing';
import { median, quantile } from './statistics';

const root = fileURLToPath(new URL('../..', import.meta.url));

type Start = { name: string; budgetMs: number /** In a fresh process. Milliseconds. */; time: () => number };

const help = (app: string): Start => ({
  name: `${app} --help`,
  budgetMs: 400,
  time() {
    const start = performance.now();
    node(`${root}apps/${app}/dist/cli.js`, '--help');
    return performance.now() - start;
  },
});

const added = (name: string, before: string): Start => ({
  name: `import('${name}') after ${before}`,
  budgetMs: 50,
  time: () =>
    Number(
      node(
        '--input-type=module',
        '--eval',
        `await import('${before}'); const start = performance.now(); await import('${name}'); console.log(performance.now() - start)`,
      ),
    ),
});

const starts = [help('trainer'), help('eval'), added('@mmolre/moe', '@tensorflow/tfjs')];

/** Runs a program that must succeed. @returns What it printed last. */
function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: `${root}benchmarks` });
  if (status !== 0) throw new Error(`startup: node ${args.join(' ')} ended with ${status}: ${stderr.trim()}`);
  return stdout.trim().split('\n').at(-1)!;
}

/** `pnpm bench startup`. */
export const startupCommand = (log: (line: string) => void): Command =>
  new Command('startup')
    .description('Times what a user waits for before anything is done. Exit code 1 if a budget is exceeded.')
    .option('--rounds <n>', 'fresh processes of each', atLeast(9), 15)
    .option('--json', 'one JSON object a line: name, ms, spread, budget (ms)')
    .action(({ rounds, json }: { rounds: number; json?: boolean }) => {
      const load = loadBefore(log);
      for (const { time } of starts) time(); // files come from the disk once
      const times = starts.map(() => [] as number[]);
      for (let round = 0; round < rounds; round++) for (const [i, { time }] of starts.entries()) times[i]!.push(time());
      const measures = starts.map(({ name, budgetMs }, i) => ({
        name,
        ms: median(times[i]!),
        spread: quantile(times[i]!, 0.75) - quantile(times[i]!, 0.25),
        budget: budgetMs,
      }));
      if (json) for (const measure of measures) console.log(JSON.stringify(measure));
      else {
        const rows = measures.map(({ name, ms, spread, budget }) => [
          name,
          `${ms.toFixed(0)} ms`,
          `${spread.toFixed(0)} ms`,
          `${budget} ms`,
          ms <= budget ? 'within' : 'over',
        ]);
        const table = toTerminal([{ table: { head: ['what', 'median', 'spread', 'budget', ''], rows } }]);
        console.log(
          `Start-up, the median of ${rounds} fresh processes\n${hardwareLine([])}; load before: ${load}\n${table}`,
        );
      }
      if (measures.some(({ ms, budget }) => ms > budget)) process.exitCode = 1;
    });
