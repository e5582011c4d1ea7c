import { existsSync, readFileSync } from 'node:fs';

/** Of what a processor can do, that which decides how fast products are. */
const DECISIVE = ['avx2', 'avx512f', 'avx512_bf16', 'amx_bf16', 'asimd', 'sve', 'sve2', 'bf16'];

/** The decisive features of this machine's processor, as Linux names them; none where the system does not tell. */
export function processorFeatures(cpuinfo = read('/proc/cpuinfo')): string[] {
  const words = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1]?.split(/\s+/));
  return DECISIVE.filter((feature) => words.has(feature));
}

/** The same as a part of `hardwareLine`. */
export const processorNote = (features = processorFeatures()): string[] =>
  features.length > 0 ? [features.join(' ')] : [];

const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
