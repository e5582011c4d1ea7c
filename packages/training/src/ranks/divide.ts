/**
 * Divides a batch into parts, each of which is padded and computed by itself: cut from the longest sample to the shortest, where the dearest
 * part (its number of samples times its longest) is cheapest.
 *
 * @param lengths Of the samples, above 0, in any unit.
 * @param count How many parts; the last ones are empty where there are fewer samples.
 * @returns The positions of each part's samples, ascending; one part has all in their order.
 */
export function divide(lengths: readonly number[], count: number): number[][] {
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const samples = order.length;
  const parts = Math.min(count, samples);
  const cost = (start: number, end: number) => (end - start) * lengths[order[start]!]!;
  // The least dearest part of the samples from `start` on in so many parts, and where the first of them ends.
  let best = Array.from({ length: samples }, (_, start) => ({ dearest: cost(start, samples), end: samples }));
  const ends = [best.map(({ end }) => end)];
  for (let p = 2; p <= parts; p++) {
    const before = best;
    best = before.map((_, start) => {
      let least = { dearest: Number.POSITIVE_INFINITY, end: start };
      for (let end = start + 1; end <= samples - (p - 1); end++) {
        const dearest = Math.max(cost(start, end), before[end]!.dearest);
        if (dearest < least.dearest) least = { dearest, end };
      }
      return least;
    });
    ends.push(best.map(({ end }) => end));
  }
  const divided: number[][] = [];
  let start = 0;
  for (let p = parts; p >= 1; p--) {
    const end = ends[p - 1]![start]!;
    divided.push(order.slice(start, end).sort((a, b) => a - b));
    start = end;
  }
  return [...divided, ...Array.from({ length: count - parts }, () => [])];
}
