import { availableParallelism, loadavg } from 'node:os';
import { ensureNative, hardwareLine, hardwareSlug } from '@mmolre/backend';
import { toHtml, toMarkdown, toTerminal } from '@mmolre/report';
import { Command, Option } from 'commander';
import { atLeast } from '../at-least';
import { type KeptResults, keepResults } from '../kept-results';
import { processorFeatures, processorNote } from '../processor';
import { AXES } from './axes';
import { measureAxes } from './measure-axes';
import { type CostMeasure, costBlocks, fasterLines, LEGEND, TITLE } from './page';

type Options = { rounds: number; only?: string; json?: boolean; save?: boolean };

/** `pnpm bench cost`. */
export const costCommand = (log: (line: string) => void, resultsFolder: string): Command =>
  new Command('cost')
    .description('Time and memory of a block over its sizes. Exit code 1 if time grows faster than the work does.')
    .option('--rounds <n>', 'processes of each size, in turn', atLeast(1), 3)
    .addOption(new Option('--only <axis>', 'one axis').choices(AXES.map(({ name }) => name)))
    .option('--json', 'one JSON object a line: axis, pass, exponent, upper, points')
    .option('--save', 'keep table, page and figures in benchmarks/results')
    .action(async ({ rounds, only, json, save }: Options) => {
      const native = await ensureNative({ log });
      if (!native.ok) throw new Error(`cost: the native backend is not installed: ${native.reason}`);
      const load = loadavg()[0]!;
      if (load > availableParallelism() / 2) log(`this machine is busy (load ${load.toFixed(1)}): times will not hold`);
      const axes = AXES.filter(({ name }) => only === undefined || only === name);
      const { measures, runsOn } = measureAxes(axes, { rounds, progress: log });
      const features = processorFeatures();
      const line = `${hardwareLine([...processorNote(features), ...runsOn])}; load before: ${load.toFixed(1)}`;
      if (json) for (const measure of measures) console.log(JSON.stringify(measure));
      else console.log(`${TITLE}\n${line}\n${toTerminal([...costBlocks(measures), { text: LEGEND }])}`);
      if (save) {
        const machine = { hardware: hardwareSlug(), features };
        const date = new Date().toISOString().slice(0, 10);
        const results = { name: 'cost', title: TITLE, date, machine, line, measures };
        log(`kept in ${keepResults(resultsFolder, results, asMarkdown, asPage)}`);
      }
      const faster = fasterLines(measures);
      for (const line of faster) log(line);
      if (faster.length > 0) process.exitCode = 1;
    });

const blocksOf = ({ line, date, measures }: KeptResults<CostMeasure>) => [
  { text: `${line}. ${date}.` },
  ...costBlocks(measures),
  { text: LEGEND },
  { text: 'Made by pnpm bench cost --save.' },
];

const asPage = (results: KeptResults<CostMeasure>): string => toHtml(results.title, blocksOf(results));

const asMarkdown = (results: KeptResults<CostMeasure>): string =>
  toMarkdown([{ heading: results.title }, ...blocksOf(results)]);
