import { existsSync, readFileSync } from 'node:fs';
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

const CPU_INFO = '/proc/cpuinfo';
const readCpuInfo = () => (existsSync(CPU_INFO) ? readFileSync(CPU_INFO, 'utf8') : '');

/**
 * Why matrix products in bfloat16 are not to be had here, or are slower than those in float32; undefined where they are faster.
 *
 * @param computes What `useBackend` has chosen.
 * @param cpuInfo What Linux says of the processor; empty where nothing does.
 */
export function whyNoBf16(
  { name, device }: { name: string; device: string },
  cpuInfo: string = readCpuInfo(),
): string | undefined {
  if (name !== 'native') return `the backend is ${name}, and native alone computes in bfloat16`;
  if (device === 'GPU') return 'on a GPU it was never tried';
  const features = cpuInfo.match(/^flags\s*:(.*)$/m)?.[1]?.split(' ');
  if (!features) return `nothing tells what this processor can do: no flags in ${CPU_INFO}`;
  if (features.some((feature) => ['avx512_bf16', 'amx_bf16'].includes(feature))) return undefined;
  return `${cpuModel()} has neither avx512_bf16 nor amx_bf16, without which bfloat16 is slower`;
}
