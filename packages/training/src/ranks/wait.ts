import type { Ranks } from '@mmolre/backend';
import { isAny } from './messages';

/** How often rank 0 says that it is still at work, in seconds: less than any rank waits. */
const EVERY = 1;

/** Work of rank 0 alone, which may take longer than ranks wait for each other: the others are in `waitForLead` meanwhile. */
export async function whileOthersWait<T>(ranks: Ranks | undefined, work: () => Promise<T>): Promise<T> {
  if (!ranks) return work();
  const timer = setInterval(() => {
    try {
      isAny(ranks, false);
    } catch {
      clearInterval(timer); // said when the work is done, which is kept
    }
  }, EVERY * 1000);
  try {
    const result = await work();
    isAny(ranks, true);
    return result;
  } finally {
    clearInterval(timer);
  }
}

/** Until rank 0 has done its work. */
export function waitForLead(ranks: Ranks): void {
  while (!isAny(ranks, false));
}
