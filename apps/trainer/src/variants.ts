import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join, relative } from 'node:path';
import { hardwareSlug } from '@mmolre/backend';
import { writeFileSafely } from '@mmolre/files';
import type { VariantName } from '@mmolre/model';
import { toMarkdown, variantsReport } from '@mmolre/report';
import { runVariants, undefinedAsNull, type VariantsOptions } from '@mmolre/training';
import { log } from './progress';

type Options = Omit<VariantsOptions, 'log' | 'trainOne'> & {
  backend?: string;
  /** The folder that the table goes to. */ out: string;
  json?: boolean;
};

/** Trains every variant with every seed and writes a table of their results. @returns The exit code: 0, or that of a run that failed. */
export async function variantsCommand(options: Options): Promise<number> {
  const { out, json, root } = options;
  const facts = await runVariants({
    ...options,
    log,
    trainOne: (variant, seed) => trainInProcess(options, variant, seed),
  });
  if (typeof facts === 'number') return facts;
  const page = toMarkdown(variantsReport(facts));
  const file = join(out, `variants_${hardwareSlug()}_${new Date().toISOString().slice(0, 7)}.md`);
  await writeFileSafely(file, page);
  const line = (row: object) => `${JSON.stringify(row, undefinedAsNull)}\n`;
  process.stdout.write(json ? facts.rows.map(line).join('') : page);
  log(`written: ${relative(root, file)}`);
  return 0;
}

/** The trainer's own command for one run. What it says goes to standard error. @returns Its exit code. */
async function trainInProcess(options: Options, variant: VariantName, seed: number): Promise<number> {
  const given = { preset: options.preset, variant, seed, runs: options.runs, data: options.data };
  const more = { config: options.config, backend: options.backend, text: options.text, audio: options.audio };
  const args = Object.entries({ ...given, ...more }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, `${value}`],
  );
  const program = process.argv[1]!;
  const child = spawn(process.execPath, [program, ...args, ...options.set.flatMap((set) => ['--set', set])], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  // Ctrl-C reaches it directly; it ends its step, and no other run is started.
  const wait = () => {};
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', wait).on('SIGTERM', forward).on('SIGHUP', forward);
  const [code, signal] = (await once(child, 'exit')) as [number, null] | [null, NodeJS.Signals];
  process.off('SIGINT', wait).off('SIGTERM', forward).off('SIGHUP', forward);
  return code ?? 128 + constants.signals[signal];
}
