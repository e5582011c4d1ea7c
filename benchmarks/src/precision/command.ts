import { hardwareLine, whyNoBf16 } from '@mmolre/backend';
import { toTerminal } from '@mmolre/report';
import { Command } from 'commander';
import { atLeast } from '../at-least';
import { loadBefore, needNative } from '../before-timing';
import { keepPage } from '../keep-page';
import { runWorker } from '../node-worker';
import { processorNote } from '../processor';
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
      await needNative('precision', log);
      const without = whyNoBf16({ name: 'native', device: 'CPU' });
      if (without) throw new Error(`precision: bf16 cannot be had here: ${without}`);
      const load = loadBefore(log);
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
      const line = `${hardwareLine([...processorNote(), ...runsOn])}; load before: ${load}`;
      if (json) for (const pair of pairs) console.log(JSON.stringify(pair));
      else console.log(`${TITLE}\n${line}\n${toTerminal(precisionBlocks(pairs))}`);
      const results = { name: 'precision', title: TITLE, line, measures: pairs };
      if (save) log(`kept in ${keepPage(resultsFolder, results, precisionBlocks)}`);
      const apart = whyApart(pairs);
      if (apart) {
        log(apart);
        process.exitCode = 1;
      }
    });
