/** Holm's correction: each p as it counts where all of them are looked at together. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!);
  const corrected = new Array<number>(ps.length);
  let largest = 0;
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, ps[i]! * (ps.length - rank)));
    corrected[i] = largest;
  });
  return corrected;
}
