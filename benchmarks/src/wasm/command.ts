import { type BackendName, hardwareLine } from '@mmolre/backend';
import { toTerminal } from '@mmolre/report';
import { Command } from 'commander';
import { atLeast } from '../at-least';
import { loadBefore, needNative } from '../before-timing';
import { runWorker } from '../node-worker';
import { processorNote } from '../processor';
import type { Step } from './default-steps';
import { BUDGET, backendRatios } from './ratios';

type Answer = { runsOn: string; steps: Step[] };

/** `pnpm bench wasm`. */
export const wasmCommand = (log: (line: string) => void): Command =>
  new Command('wasm')
    .description(
      `A training step of the default run on wasm and native. Exit code 1 if wasm takes more than ${BUDGET} times as long.`,
    )
    .option('--rounds <n>', 'processes of each backend, in turn', atLeast(1), 2)
    .option('--json', 'one JSON object a line: steps, metric (time, cpu; ms), wasm, native, ratio')
    .action(({ rounds, json }: { rounds: number; json?: boolean }) => run(log, rounds, json));

async function run(log: (line: string) => void, rounds: number, json = false): Promise<void> {
  await needNative('wasm', log);
  const load = loadBefore(log);
  const steps: Record<'wasm' | 'native', Step[]> = { wasm: [], native: [] };
  const runsOn: string[] = [];
  for (let round = 1; round <= rounds; round++)
    for (const backend of ['native', 'wasm'] satisfies BackendName[]) {
      log(`round ${round} of ${rounds}, ${backend}`);
      const answer = runWorker<Answer>('default-steps', backend);
      steps[backend].push(...answer.steps);
      if (round === 1) runsOn.push(`${backend}: ${answer.runsOn}`);
    }
  const ratios = backendRatios(steps);
  if (json) for (const one of ratios) console.log(JSON.stringify(one));
  else {
    const rows = ratios.map(({ steps, metric, wasm, native, ratio }) => [
      steps,
      metric,
      `${wasm.toFixed(0)} ms`,
      `${native.toFixed(0)} ms`,
      ratio.toFixed(2),
      metric === 'time' ? `${BUDGET}` : '',
    ]);
    const table = toTerminal([{ table: { head: ['steps', 'metric', 'wasm', 'native', 'ratio', 'at most'], rows } }]);
    console.log(
      `A training step of the default run, batch 32; medians\n${hardwareLine([...processorNote(), ...runsOn])}; load before: ${load}\n${table}`,
    );
  }
  if (ratios.some(({ metric, ratio }) => metric === 'time' && ratio > BUDGET)) process.exitCode = 1;
}
