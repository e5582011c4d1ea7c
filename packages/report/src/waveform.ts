/** What a recording looks like: a bar for each peak, as HTML. @param peaks 0 .. 1 */
export function waveform(peaks: readonly number[]): string {
  const bars = peaks.map((peak, i) => {
    const height = Math.max(0.5, 20 * Math.min(1, peak));
    return `M${i + 0.5} ${(22 - height).toFixed(1)}V${(22 + height).toFixed(1)}`;
  });
  return `<svg viewBox="0 0 ${peaks.length} 44" preserveAspectRatio="none" aria-hidden="true"><path d="${bars.join('')}" stroke="currentColor" stroke-width="0.7" fill="none"/></svg>`;
}

/** The largest of as many equal parts, 1 for the largest of all. */
export function peaksOf(samples: ArrayLike<number>, count: number): number[] {
  const peaks = new Array<number>(Math.min(count, samples.length)).fill(0);
  for (let i = 0; i < samples.length; i++) {
    const at = Math.floor((i * peaks.length) / samples.length);
    peaks[at] = Math.max(peaks[at]!, Math.abs(samples[i]!));
  }
  const largest = Math.max(...peaks);
  return largest > 0 ? peaks.map((peak) => peak / largest) : peaks;
}
