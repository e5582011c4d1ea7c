import { existsSync, readFileSync } from 'node:fs';
import { hardwareSlug } from '@mmolre/backend';

/** Of what a processor can do, that which decides how fast products are. */
const DECISIVE = ['avx2', 'avx512f', 'avx512_bf16', 'amx_bf16', 'asimd', 'sve', 'sve2', 'bf16'];

/** What of a machine decides its times. */
export type Machine = {
  /** Processor and cores, as a part of a file name: `amd-epyc-2-cores-family-25-model-17` */ hardware: string;
  /** As Linux names them; none where the system does not tell. */ features: string[];
};

export function thisMachine(cpuinfo = read('/proc/cpuinfo')): Machine {
  const words = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1]?.split(/\s+/));
  return {
    hardware: [hardwareSlug(), ...generation(cpuinfo).map((word) => word.replace(' ', '-'))].join('-'),
    features: DECISIVE.filter((feature) => words.has(feature)),
  };
}

/** The processor's decisive features and its generation, as a part of `hardwareLine`. */
export function processorNote(cpuinfo = read('/proc/cpuinfo')): string[] {
  const note = [...generation(cpuinfo), ...thisMachine(cpuinfo).features].join(' ');
  return note === '' ? [] : [note];
}

/** Behind a name such as `AMD EPYC` are generations of which one takes half the time of another with the same features. */
function generation(cpuinfo: string): string[] {
  const [, family] = /^cpu family\s*: (\d+)$/m.exec(cpuinfo) ?? [];
  const [, model] = /^model\s*: (\d+)$/m.exec(cpuinfo) ?? [];
  return family && model ? [`family ${family}`, `model ${model}`] : [];
}

const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
