import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measure } from './benchmark';
import type { Machine } from './processor';

/** What `--save` keeps of a run, beside its table. */
export type KeptResults<M = KeptMeasure> = {
  name: string;
  title: string;
  /** yyyy-mm-dd */ date: string;
  machine: Machine;
  /** Machine, programs and load in one line. */ line: string;
  measures: M[];
};

export type KeptMeasure = Measure & { rounds: number };

/** The file of a run without its ending: `step_amd-epyc-2-cores-avx512_bf16_2026-11`. */
function keptName({ name, machine, date }: Pick<KeptResults<unknown>, 'name' | 'machine' | 'date'>): string {
  return [name, [machine.hardware, ...machine.features.slice(-1)].join('-'), date.slice(0, 7)].join('_');
}

/**
 * Writes a run's table and, for later runs to compare with, its figures. Cases that were not run stay as this month's file has them.
 *
 * @param page The same as a page of HTML, where there is one.
 * @returns The table's file.
 */
export function keepResults<M extends { name: string }>(
  folder: string,
  results: KeptResults<M>,
  table: (all: KeptResults<M>) => string,
  page?: (all: KeptResults<M>) => string,
): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, keptName(results));
  const before = existsSync(`${file}.json`) ? read<M>(`${file}.json`).measures : [];
  const isNew = ({ name }: M) => results.measures.some((one) => one.name === name);
  const all = { ...results, measures: [...before.filter((one) => !isNew(one)), ...results.measures] };
  writeFileSync(`${file}.json`, `${JSON.stringify(all, null, 1)}\n`);
  writeFileSync(`${file}.md`, table(all));
  if (page) writeFileSync(`${file}.html`, page(all));
  return `${file}.md`;
}

const read = <M>(file: string): KeptResults<M> => JSON.parse(readFileSync(file, 'utf8'));

/** The newest results of a benchmark that were kept on a machine of this kind. */
export function newestKept(folder: string, name: string, machine: Machine): KeptResults | undefined {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files
    .filter((file) => file.startsWith(`${name}_`) && file.endsWith('.json'))
    .map((file) => read<KeptMeasure>(join(folder, file)))
    .filter((kept) => JSON.stringify(kept.machine) === JSON.stringify(machine))
    .sort((a, b) => a.date.localeCompare(b.date))
    .at(-1);
}

/** A figure beside the kept one. */
export type ComparedMeasure = Measure & {
  /** The ratio that was kept, if the case was there. */
  kept?: number;
  /** Whether this ratio is above it by more than both spreads. */
  isWorse?: boolean;
};

export function compareWithKept(measures: readonly Measure[], kept: KeptResults | undefined): ComparedMeasure[] {
  return measures.map((measure) => {
    const before = kept?.measures.find(({ name, metric }) => name === measure.name && metric === measure.metric);
    if (!before) return measure;
    const spread = Math.max(measure.spread, before.spread);
    return { ...measure, kept: before.ratio, isWorse: measure.ratio > before.ratio + spread };
  });
}
