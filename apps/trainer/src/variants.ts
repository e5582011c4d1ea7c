import { join, relative } from 'node:path';
import { hardwareSlug } from '@mmolre/backend';
import { writeFileSafely } from '@mmolre/files';
import { toMarkdown, variantsReport } from '@mmolre/report';
import { runVariants, undefinedAsNull, type VariantsOptions } from '@mmolre/training';
import { log } from './progress';

export type VariantsArguments = Omit<VariantsOptions, 'log' | 'trainer'> & {
  /** The folder that the table goes to. */ out: string;
  json?: boolean;
};

/** Trains every variant with every seed and writes a table of their results. @returns The exit code: 0, or that of a run that failed. */
export async function variantsCommand(options: VariantsArguments): Promise<number> {
  const { out, json, root } = options;
  const facts = await runVariants({ ...options, log, trainer: process.argv[1]! });
  if (typeof facts === 'number') return facts;
  const page = toMarkdown(variantsReport(facts));
  const file = join(out, `variants_${hardwareSlug()}_${new Date().toISOString().slice(0, 7)}.md`);
  await writeFileSafely(file, page);
  const line = (row: object) => `${JSON.stringify(row, undefinedAsNull)}\n`;
  process.stdout.write(json ? facts.rows.map(line).join('') : page);
  log(`written: ${relative(root, file)}`);
  return 0;
}
