import { spawnSync } from 'node:child_process';
import { findProgram, lastLine } from '@mmolre/files';

/** A graphics card as NVIDIA's driver tells of it. */
export type Card = {
  name: string;
  /** Such as `550.54.14`. */ driver: string;
  /** The compute capability, such as `9.0`. */ capability: string;
};

export type Cards = {
  /** Those that there are, also such as TensorFlow cannot use. */ cards: Card[];
  /** Why none can be used, in one line, or undefined if one can. */ fault?: string;
};

/** NVIDIA: from this driver on, all of CUDA 12 runs ("minor version compatibility"). */
const MIN_DRIVER = 525;
/** The wheel holds code for capability 6.0 and up; nothing in it, nor what is compiled from it, runs on 12 (tensorflow#111958). */
const [MIN_CAPABILITY, END_CAPABILITY] = [6, 12];
const QUERY = ['--query-gpu=name,driver_version,compute_cap', '--format=csv,noheader'];
const UPDATE = `update NVIDIA's driver to ${MIN_DRIVER} or later`;

/** Asks `nvidia-smi` for this machine's cards. It takes up to a second, and nothing where it is not on PATH. */
export function findCards(): Cards {
  const program = findProgram('nvidia-smi');
  if (!program) return { cards: [], fault: 'there is no NVIDIA card here: nvidia-smi was not found' };
  const { status, stdout, stderr, error } = spawnSync(program, QUERY, { encoding: 'utf8', timeout: 60_000 });
  if (/not a valid field/i.test(`${stdout}${stderr}`))
    return { cards: [], fault: `nvidia-smi knows no compute_cap: its driver is too old; ${UPDATE}` };
  if (error || status !== 0) {
    const cause = error?.message ?? (lastLine(`${stdout}${stderr}`) || `exit code ${status}`);
    return { cards: [], fault: `there is no NVIDIA card here: nvidia-smi says: ${cause}` };
  }
  const cards = stdout.split('\n').flatMap(cardOf);
  if (cards.length === 0) return { cards, fault: `nvidia-smi named no card: ${lastLine(stdout) || 'no output'}` };
  const faults = cards.map(cardFault);
  return { cards, fault: faults.includes(undefined) ? undefined : faults[0] };
}

function cardOf(line: string): Card[] {
  const found = /^(.+), *(\d[\d.]*), *(\d+\.\d+)$/.exec(line.trim());
  return found ? [{ name: found[1]!, driver: found[2]!, capability: found[3]! }] : [];
}

function cardFault({ name, driver, capability }: Card): string | undefined {
  const which = `${name} (compute capability ${capability})`;
  const major = Number.parseInt(capability, 10);
  if (major < MIN_CAPABILITY || major >= END_CAPABILITY)
    return `TensorFlow 2.21 has no code for ${which}, only for ${MIN_CAPABILITY}.0 up to, not including, ${END_CAPABILITY}.0`;
  if (Number.parseInt(driver, 10) < MIN_DRIVER) return `driver ${driver} of ${which} is too old for CUDA 12; ${UPDATE}`;
  return undefined;
}

/** `NVIDIA H100 PCIe (compute capability 9.0, driver 550.54.14)`. */
export const cardLine = ({ name, capability, driver }: Card): string =>
  `${name} (compute capability ${capability}, driver ${driver})`;
