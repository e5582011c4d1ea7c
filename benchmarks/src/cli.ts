import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ensureNative, hardwareLine, hardwareSlug, useBackend } from '@mmolre/backend';
import { Command, InvalidArgumentError } from 'commander';
import type { Measure } from './benchmark';
import { benchmarkNames, loadBenchmark } from './benchmarks';
import { tolerance } from './differences';
import { pairedCommand } from './paired/command';
import { pythonWithTorch } from './python';
import { jsonLine, markdownTable, terminalTable } from './report';
import { runCase } from './run-case';

type Options = { json?: boolean; save?: boolean; rounds: number; only: string };

const log = (line: string) => console.error(line);

async function bench(name: string, { json, save, rounds, only }: Options): Promise<void> {
  const { title, cases } = await loadBenchmark(name);
  const chosen = cases.filter((one) => one.name.includes(only));
  if (chosen.length === 0)
    throw new Error(`bench: no case of ${name} has '${only}' in its name: ${cases.map((one) => one.name).join('; ')}`);
  const native = await ensureNative({ log });
  if (!native.ok) throw new Error(`bench: the native backend is not installed: ${native.reason}`);
  await useBackend({ backend: 'cpu', log: () => {} }); // makes the data; nothing is timed in this process

  let found: string | undefined;
  const python = () => (found ??= pythonWithTorch(log));
  if (chosen.some(({ theirs }) => typeof theirs !== 'function')) python();

  const load = loadavg()[0]!.toFixed(1);
  if (Number(load) > availableParallelism() / 2) log(`this machine is busy (load ${load}): times will not hold`);
  const measures: Measure[] = [];
  const runsOn = new Set<string>();
  for (const [i, one] of chosen.entries()) {
    const progress = showProgress(`${i + 1}/${chosen.length} ${one.name}`);
    const result = await runCase({ benchmark: name, one, rounds, python, progress });
    progress();
    for (const what of Object.values(result.runsOn)) runsOn.add(what);
    measures.push(...result.measures);
    if (json) for (const measure of result.measures) console.log(jsonLine(measure));
  }
  const machine = `${hardwareLine(runsOn)}; load before: ${load}`;
  if (json) log(machine);
  else console.log(`${title}\n${machine}\n${terminalTable(measures)}${legend(rounds)}`);
  if (save) log(`kept in ${saveResults(name, title, machine, measures, rounds)}`);
}

const legend = (rounds: number) =>
  `time: median of ${rounds} calls a side, in turn; spread: interquartile range of the ratios round by round. memory: peak of resident memory
(VmHWM) of fresh processes that do only this, the language's runtime and libraries included. Results equal within ${tolerance}.`;

/** Says on stderr what is being done: on one line of a terminal, else once a case. Without an argument, the case is finished. */
function showProgress(name: string): (doing?: string) => void {
  if (process.stderr.isTTY) {
    return (doing) => process.stderr.write(doing ? `\r\x1b[K${name}: ${doing}` : '\r\x1b[K');
  }
  log(name);
  return () => {};
}

function saveResults(name: string, title: string, machine: string, measures: Measure[], rounds: number): string {
  const month = new Date().toISOString().slice(0, 7);
  const file = fileURLToPath(new URL(`../results/${name}_${hardwareSlug()}_${month}.md`, import.meta.url));
  mkdirSync(fileURLToPath(new URL('../results', import.meta.url)), { recursive: true });
  const text = [
    `# ${title}`,
    `${machine}.`,
    markdownTable(measures),
    legend(rounds),
    `Made by \`pnpm bench ${name} --save\`.`,
  ];
  writeFileSync(file, `${text.join('\n\n')}\n`);
  return file;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number from 1.');
  return value;
}

const program = new Command('pnpm bench')
  .description('Times MMoLRE and its memory beside PyTorch, both on this machine, in turn.')
  .argument('<name>', [...benchmarkNames, 'paired'].join(', '))
  .option('--json', 'one JSON object a line: name, metric, ours, theirs, ratio, spread (ms, MiB)')
  .option('--rounds <n>', 'timed calls of each side', positiveInteger, 15)
  .option('--only <text>', 'only cases with this in their name', '')
  .option('--save', 'keep the table in benchmarks/results')
  .enablePositionalOptions()
  .action(bench)
  .addCommand(pairedCommand(log));

// Ctrl-C: the exit handlers end the timed processes.
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));
try {
  await program.parseAsync();
} catch (error) {
  log((error as Error).message);
  process.exitCode = 1;
}
