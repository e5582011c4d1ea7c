import { hardwareLine } from '@mmolre/backend';
import { type Block, toTerminal } from '@mmolre/report';
import { Command, Option } from 'commander';
import { atLeast } from '../at-least';
import { loadBefore, needNative } from '../before-timing';
import { keepPage } from '../keep-page';
import { processorNote } from '../processor';
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
      await needNative('cost', log);
      const load = loadBefore(log);
      const axes = AXES.filter(({ name }) => only === undefined || only === name);
      const { measures, runsOn } = measureAxes(axes, { rounds, progress: log });
      const line = `${hardwareLine([...processorNote(), ...runsOn])}; load before: ${load}`;
      if (json) for (const measure of measures) console.log(JSON.stringify(measure));
      else console.log(`${TITLE}\n${line}\n${toTerminal(blocksOf(measures))}`);
      const results = { name: 'cost', title: TITLE, line, measures };
      if (save) log(`kept in ${keepPage(resultsFolder, results, blocksOf)}`);
      const faster = fasterLines(measures);
      for (const line of faster) log(line);
      if (faster.length > 0) process.exitCode = 1;
    });

const blocksOf = (measures: readonly CostMeasure[]): Block[] => [...costBlocks(measures), { text: LEGEND }];
