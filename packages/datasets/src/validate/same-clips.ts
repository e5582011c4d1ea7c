import { stat } from 'node:fs/promises';
import { quoted, sha256OfFile } from '@mmolre/files';
import { relativeFile, shownFile } from '../corpus-folder';
import { problem, type Report } from '../problem';
import type { Corpus } from '../read-corpus';
import { firstUsers } from './first-users';

/** Reports recordings that hold the same bytes under two names. Only files of equal size are read. */
export async function checkSameClips({ folder, samples }: Corpus, report: Report, signal?: AbortSignal): Promise<void> {
  const users = firstUsers(samples);
  const bySize = new Map<number, string[]>();
  for (const path of users.keys()) {
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    const equal = bySize.get(size);
    if (equal) equal.push(path);
    else if (size > 0) bySize.set(size, [path]);
  }
  const first = new Map<string, string>();
  for (const path of [...bySize.values()].filter(({ length }) => length > 1).flat()) {
    if (signal?.aborted) return;
    const hash = await sha256OfFile(path).catch(() => undefined); // what cannot be read is told elsewhere
    const before = hash && first.get(hash);
    if (hash && !before) first.set(hash, path);
    if (!before) continue;
    const [one, other] = [users.get(before)!, users.get(path)!];
    const { file = '', line } = other.origin ?? {};
    const splits = one.split === other.split ? '' : `, in ${one.split} and in ${other.split}`;
    const message = `${shownFile(folder, relativeFile(folder, path))}: the same clip as ${quoted(relativeFile(folder, before))}${splits}`;
    report(problem('same-clip', file, line, message));
  }
}
