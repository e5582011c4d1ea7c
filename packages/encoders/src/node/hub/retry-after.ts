/**
 * The seconds that a `Retry-After` header asks to wait: a number of them, or a date.
 *
 * @param header 0 seconds if there is none, or it is neither.
 * @param now In milliseconds, as `Date.now()` gives it.
 */
export function retryAfter(header: string | null, now: number): number {
  if (header === null) return 0;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - now) / 1000);
  return Math.max(seconds || 0, 0);
}
