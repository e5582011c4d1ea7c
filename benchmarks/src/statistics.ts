/** The value below which the share `q` of the sorted values lies, linear between neighbours. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) throw new Error('quantile: expected at least one value, found none');
  return below + (above - below) * (place - Math.floor(place));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Medians of both sides and their ratio, and the interquartile range of the ratios round by round. */
export function compare(ours: readonly number[], theirs: readonly number[]) {
  const ratios = ours.map((value, round) => value / theirs[round]!);
  return {
    ours: median(ours),
    theirs: median(theirs),
    ratio: median(ours) / median(theirs),
    spread: quantile(ratios, 0.75) - quantile(ratios, 0.25),
  };
}
