import { availableParallelism, loadavg } from 'node:os';
import { ensureNative, hardwareLine, hardwareSlug, whyNoBf16 } from '@mmolre/backend';
import { toHtml, toMarkdown, toTerminal } from '@mmolre/report';
import { Command } from 'commander';
import { atLeast } from '../at-least';
import { type KeptResults, keepResults } from '../kept-results';
import { runWorker } from '../node-worker';
import { processorFeatures, processorNote } from '../processor';
import { type Pair, PRECISIONS, precisionBlocks, TITLE, whyApart } from './compare';
import type { Training, TrainingOf } from './training';

type Options = { steps: number; seeds: number; json?: boolean; save?: boolean };
type Answer = { runsOn: string; training: Training };

/** `pnpm bench precision`. */
export const precisionCommand = (log: (line: string) => void, resultsFolder: string): Command =>
  new Command('precision')
    .description("The paper's model trained in float32 and in bf16. Exit code 1 if they differ by more than seeds do.")
    .option('--steps <n>', 'of each training', atLeast(1), 50)
    .option('--seeds <n>', 'trainings with each precision', atLeast(1), 3)
    .option('--json', 'one JSON object a line: name, and of each precision losses and ms')
    .option('--save', 'keep table, page and figures in benchmarks/results')
    .action(async ({ steps, seeds, json, save }: Options) => {
      const native = await ensureNative({ log });
      if (!native.ok) throw new Error(`precision: the native backend is not installed: ${native.reason}`);
      const without = whyNoBf16({ name: 'native', device: 'CPU' });
      if (without) throw new Error(`precision: bf16 cannot be had here: ${without}`);
      const load = loadavg()[0]!;
      if (load > availableParallelism() / 2) log(`this machine is busy (load ${load.toFixed(1)}): times will not hold`);
      const runsOn = new Set<string>();
      const trainingOf = (of: TrainingOf): Training => {
        log(`seed ${of.seed} of ${seeds}, ${of.precision}`);
        const answer = runWorker<Answer>('precision', JSON.stringify(of));
        runsOn.add(answer.runsOn);
        return answer.training;
      };
      const pairs = Array.from({ length: seeds }, (_, i): Pair => {
        const seed = i + 1;
        const [float32, bf16] = PRECISIONS.map((precision) => trainingOf({ precision, seed, steps }));
        return { name: `seed ${seed}`, float32: float32!, bf16: bf16! };
      });
      const features = processorFeatures();
      const line = `${hardwareLine([...processorNote(features), ...runsOn])}; load before: ${load.toFixed(1)}`;
      if (json) for (const pair of pairs) console.log(JSON.stringify(pair));
      else console.log(`${TITLE}\n${line}\n${toTerminal(precisionBlocks(pairs))}`);
      if (save) {
        const machine = { hardware: hardwareSlug(), features };
        const date = new Date().toISOString().slice(0, 10);
        const results = { name: 'precision', title: TITLE, date, machine, line, measures: pairs };
        log(`kept in ${keepResults(resultsFolder, results, asMarkdown, asPage)}`);
      }
      const apart = whyApart(pairs);
      if (apart) {
        log(apart);
        process.exitCode = 1;
      }
    });

const blocksOf = ({ line, date, measures }: KeptResults<Pair>) => [
  { text: `${line}. ${date}.` },
  ...precisionBlocks(measures),
  { text: 'Made by pnpm bench precision --save.' },
];

const asPage = (results: KeptResults<Pair>): string => toHtml(results.title, blocksOf(results));

const asMarkdown = (results: KeptResults<Pair>): string =>
  toMarkdown([{ heading: results.title }, ...blocksOf(results)]);
