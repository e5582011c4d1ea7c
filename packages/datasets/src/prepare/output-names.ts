import { sha256Of } from '@mmolre/files';

/**
 * Names for the recordings of a prepared folder: `wav/` and the source's own path, without its ending. Names are distinct also where case does
 * not count, and hold nothing that a file system or a table may trip over.
 */
export function outputNames(sources: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const source of sources) {
    const parts = source.split('/');
    const last = parts.pop()!;
    const stem = last.slice(0, last.lastIndexOf('.'));
    const base = ['wav', ...parts.filter((part, i) => !(i === 0 && part === 'wav')), stem]
      .map((part) => safe(part))
      .join('/');
    const name = taken.has(base.toLowerCase()) ? `${base}-${digest(source)}` : base;
    taken.add(name.toLowerCase());
    names.set(source, `${name}.wav`);
  }
  return names;
}

/** The name as it is, if it is plain; else what is plain of it, and a digest. */
function safe(part: string): string {
  if (/^[\w-][\w.-]{0,99}$/.test(part)) return part;
  return `${part.replaceAll(/[^\w-]/g, '_').slice(0, 60)}-${digest(part)}`;
}

const digest = (text: string) => sha256Of([text]).slice(0, 10);
