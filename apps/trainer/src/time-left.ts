/** A duration for people, rounded: `30 s`, `4 min`, `1 h 05 min`. @param seconds 0 or more. */
export function duration(seconds: number): string {
  if (Math.round(seconds) < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/**
 * How long it takes at this rate until what is likely is done, and if that is less than what may be done, how long that takes; a dash without a rate.
 *
 * @param rate A second.
 */
export function timeLeft(done: number, total: number, likely: number, rate: number): string {
  if (rate <= 0) return '–';
  const [soon, latest] = [likely, total].map((end) => duration(Math.max(0, end - done) / rate));
  return soon === latest ? `${latest} left` : `about ${soon} left, at most ${latest}`;
}
