import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { plainFile } from '@mmolre/files';
import type { AudioRemark } from '../validate/audio-remark';

/** One recording that is done. */
export type Prepared = {
  /** Relative to the data set's folder. */
  source: string;
  sourceBytes: number;
  sourceSha256: string;
  /** Relative to the prepared folder. */
  audio: string;
  sha256: string;
  samples: number;
  remark?: AudioRemark;
};

type Entry = Prepared & { sourceTime: number; bytes: number };

const FILE = '.prepare-progress.jsonl';

/** What was done already, in a file that grows by a line a recording, so that a stopped run goes on. */
export function openProgress(folder: string) {
  const path = plainFile(join(folder, FILE));
  const entries = new Map<string, Entry>();
  appendFileSync(path, ''); // which marks the folder as one of ours
  for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
    try {
      const entry = JSON.parse(line) as Entry;
      if (typeof entry?.source === 'string') entries.set(entry.source, entry);
    } catch {} // an empty line, or one that was being written when the run was ended
  }
  return {
    /** What was made of a source, if neither has changed since. */
    find(source: string, info: { size: number; mtimeMs: number }, audio: string): Prepared | undefined {
      const entry = entries.get(source);
      if (!entry || entry.audio !== audio || entry.sourceBytes !== info.size || entry.sourceTime !== info.mtimeMs)
        return undefined;
      const made = statSync(join(folder, audio), { throwIfNoEntry: false });
      if (made?.size !== entry.bytes) return undefined;
      const { sourceTime, bytes, ...prepared } = entry;
      return prepared;
    },
    add(prepared: Prepared, sourceTime: number, bytes: number): void {
      // A torn last line must not take this one with it.
      appendFileSync(path, `\n${JSON.stringify({ ...prepared, sourceTime, bytes })}`);
    },
  };
}

/** Whether a folder is one that an earlier run made. */
export const hasProgress = (folder: string) => existsSync(join(folder, FILE));
