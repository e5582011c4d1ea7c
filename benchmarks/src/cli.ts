import { fileURLToPath } from 'node:url';
import { hardwareLine, useBackend } from '@mmolre/backend';
import { Command } from 'commander';
import { atLeast } from './at-least';
import { loadBefore, needNative } from './before-timing';
import type { Case } from './benchmark';
import { benchmarkNames, loadBenchmark } from './benchmarks';
import { costCommand } from './cost/command';
import { usualTolerance } from './differences';
import { type ComparedMeasure, compareWithKept, type KeptResults, keepResults, newestKept } from './kept-results';
import { pairedCommand } from './paired/command';
import { precisionCommand } from './precision/command';
import { processorNote, thisMachine } from './processor';
import { profileCommand } from './profile/command';
import { pythonWithTorch } from './python';
import { jsonLine, markdownTable, terminalTable } from './report';
import { runCase } from './run-case';
import { startupCommand } from './startup';
import { wasmCommand } from './wasm/command';

type Options = { json?: boolean; save?: boolean; rounds: number; only: string };

const log = (line: string) => console.error(line);
const resultsFolder = fileURLToPath(new URL('../results', import.meta.url));

async function bench(name: string, { json, save, rounds, only }: Options): Promise<void> {
  const { title, cases } = await loadBenchmark(name);
  const chosen = cases.filter((one) => one.name.includes(only));
  if (chosen.length === 0)
    throw new Error(`bench: no case of ${name} has '${only}' in its name: ${cases.map((one) => one.name).join('; ')}`);
  await needNative('bench', log);
  await useBackend({ backend: 'cpu', log: () => {} }); // makes the data; nothing is timed in this process

  let found: string | undefined;
  const python = () => (found ??= pythonWithTorch(log));
  if (chosen.some(({ theirs }) => typeof theirs !== 'function')) python();

  const load = loadBefore(log);
  const machine = thisMachine();
  const kept = newestKept(resultsFolder, name, machine);
  const measures: ComparedMeasure[] = [];
  const runsOn = new Set<string>();
  for (const [i, one] of chosen.entries()) {
    const progress = showProgress(`${i + 1}/${chosen.length} ${one.name}`);
    const result = await runCase({ benchmark: name, one, rounds, python, progress });
    progress();
    for (const what of Object.values(result.runsOn)) runsOn.add(what);
    const compared = compareWithKept(result.measures, kept);
    measures.push(...compared);
    if (json) for (const measure of compared) console.log(jsonLine(measure));
  }
  const line = `${hardwareLine([...processorNote(), ...runsOn])}; load before: ${load}`;
  if (json) log(line);
  else console.log(`${title}\n${line}\n${terminalTable(measures)}${legend(`${rounds} calls`, chosen)}`);
  if (kept) log(`kept: the ratios of ${kept.date} on a machine of this kind`);
  if (!save) return;
  const page = ({ measures }: KeptResults) =>
    `${[
      `# ${title}`,
      `${line}.`,
      markdownTable(measures).trimEnd(),
      legend('its rounds', cases),
      `Made by \`pnpm bench ${name} --save\`.`,
    ].join('\n\n')}\n`;
  const plain = measures.map(({ kept: _, isWorse, ...measure }) => ({ ...measure, rounds }));
  const date = new Date().toISOString().slice(0, 10);
  const results = { name, title, date, machine, line, measures: plain };
  log(`kept in ${keepResults(resultsFolder, results, page)}`);
}

function legend(calls: string, cases: readonly Case[]): string {
  const tolerance = Math.max(...cases.map((one) => one.tolerance ?? usualTolerance));
  return `time: median of ${calls}, both sides in turn; spread: interquartile range of the ratios round by round. memory: peak of resident memory
(VmHWM) of fresh processes that do only this, the language's runtime and libraries included. Results equal within ${tolerance}.`;
}

/** Says on stderr what is being done: on one line of a terminal, else once a case. Without an argument, the case is finished. */
function showProgress(name: string): (doing?: string) => void {
  if (process.stderr.isTTY) {
    return (doing) => process.stderr.write(doing ? `\r\x1b[K${name}: ${doing}` : '\r\x1b[K');
  }
  log(name);
  return () => {};
}

const program = new Command('pnpm bench')
  .description('Times MMoLRE and its memory beside PyTorch, both on this machine, in turn.')
  .argument('<name>', [...benchmarkNames, 'cost', 'wasm', 'precision', 'startup', 'profile', 'paired'].join(', '))
  .option('--json', 'one JSON object a line: name, metric, ours, theirs, ratio, spread (ms, MiB)')
  .option('--rounds <n>', 'timed calls of each side', atLeast(1), 15)
  .option('--only <text>', 'only cases with this in their name', '')
  .option('--save', 'keep the table and its figures in benchmarks/results')
  .enablePositionalOptions()
  .action(bench)
  .addCommand(costCommand(log, resultsFolder))
  .addCommand(wasmCommand(log))
  .addCommand(precisionCommand(log, resultsFolder))
  .addCommand(startupCommand(log))
  .addCommand(profileCommand(log))
  .addCommand(pairedCommand(log));

// Ctrl-C: the exit handlers end the timed processes.
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));
try {
  await program.parseAsync();
} catch (error) {
  log((error as Error).message);
  process.exitCode = 1;
}
