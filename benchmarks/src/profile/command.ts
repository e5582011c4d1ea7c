import { loadavg } from 'node:os';
import { hardwareLine, useBackend } from '@mmolre/backend';
import { toTerminal } from '@mmolre/report';
import { Command, Option } from 'commander';
import { needNative } from '../before-timing';
import { processorNote } from '../processor';
import { trainingSteps } from '../training-step';
import { drawExamples, equalLengths, mosiLengths } from '../whole-batch';
import { paper } from '../whole-model';
import { gflops, type KernelRow, stepMultiplyAdds } from './products';
import { type Profile, profileStep } from './profile';

const B = 8;
const CASES = { equal: equalLengths, lengths: mosiLengths };

/** `pnpm bench profile`. */
export const profileCommand = (log: (line: string) => void): Command =>
  new Command('profile')
    .description(
      "Where the time of one training step of the paper's model goes, kernel by kernel. Takes 14 GB of memory.",
    )
    .addOption(new Option('--case <name>', 'the batch, as in `step`').choices(Object.keys(CASES)).default('equal'))
    .option('--json', 'one JSON object: kernels, ms, parts, rate, necessary')
    .action(async ({ case: name, json }: { case: keyof typeof CASES; json?: boolean }) => {
      await needNative('profile', log);
      const { reason } = await useBackend({ backend: 'native', log: () => {} });
      const lengths = CASES[name](B);
      const load = loadavg()[0]!.toFixed(1);
      const profile = profileStep(trainingSteps(paper, drawExamples(lengths)));
      const necessary = stepMultiplyAdds(paper, lengths);
      if (json) {
        console.log(JSON.stringify({ ...profile, necessary }));
        return;
      }
      const machine = hardwareLine([...processorNote(), reason.split(';')[0]!]);
      console.log(`One training step of the paper's model, batch ${B}, ${name}\n${machine}; load before: ${load}`);
      console.log(profileText(profile, necessary));
    });

/** Kernels of less than this share are one line together. */
const SHOWN = 0.001;

/** A table of the kernels, the step's parts, and how near to the limit the step comes. */
export function profileText({ kernels, ms, parts, rate }: Profile, necessary: number): string {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const others = kernels.filter(({ share }) => share < SHOWN);
  const rest: KernelRow = {
    kernel: `${others.length} others`,
    calls: sum(others.map(({ calls }) => calls)),
    ms: sum(others.map(({ ms }) => ms)),
    share: sum(others.map(({ share }) => share)),
    multiplyAdds: 0,
  };
  const shown = [...kernels.filter(({ share }) => share >= SHOWN), ...(others.length > 0 ? [rest] : [])];
  const rows = shown.map((row) => [
    row.kernel,
    `${row.calls}`,
    row.ms.toFixed(1),
    `${(100 * row.share).toFixed(1)} %`,
    row.multiplyAdds > 0 ? gflops(row.multiplyAdds, row.ms).toFixed(0) : '',
  ]);
  const done = sum(kernels.map(({ multiplyAdds }) => multiplyAdds));
  const inKernels = sum(kernels.map((row) => row.ms));
  const limit = (2 * necessary) / rate / 1e6;
  const billions = (count: number) => `${(count / 1e9).toFixed(1)} billion`;
  const before = { 'the batch and its frozen convolutions': ms - sum(Object.values(parts)), ...parts };
  const shownParts = Object.entries(before).map(([part, duration]) => `${part} ${duration.toFixed(0)} ms`);
  return [
    toTerminal([{ table: { head: ['kernel', 'calls', 'ms', 'share', 'GF/s'], rows } }]).trimEnd(),
    `step ${ms.toFixed(0)} ms, of which kernels ${inKernels.toFixed(0)} ms`,
    shownParts.join('; '),
    `necessary products: ${billions(necessary)} multiply-adds (done: ${billions(done)}); one large product: ${rate.toFixed(0)} GF/s; ` +
      `limit: ${limit.toFixed(0)} ms; the step reaches ${((100 * limit) / ms).toFixed(0)} % of it`,
  ].join('\n');
}
