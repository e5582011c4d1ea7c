import { availableParallelism, cpus, totalmem } from 'node:os';

/** `AMD EPYC 7763` where the system says `AMD EPYC 7763 64-Core Processor`. */
function cpuModel(): string {
  const name = cpus()[0]?.model.trim() || `unknown ${process.arch}`;
  return name
    .replaceAll(/\((R|TM)\)|\b(CPU|Processor|\d+-Core)\b/gi, '')
    .replaceAll(/\s+/g, ' ')
    .replace(' @', ',')
    .trim();
}

/** The machine and the programs in one line. */
export function hardwareLine(runsOn: Iterable<string>): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const node = `Node ${process.versions.node}`;
  return [`${cpuModel()}, ${availableParallelism()} cores`, memory, process.platform, node, ...new Set(runsOn)].join(
    '; ',
  );
}

/** The machine as a part of a file name: `amd-epyc-7763-2-cores`. */
export function hardwareSlug(): string {
  const words = `${cpuModel()} ${availableParallelism()} cores`.toLowerCase();
  return words.replaceAll(/[^a-z0-9.]+/g, '-').replaceAll(/^-|-$/g, '');
}
