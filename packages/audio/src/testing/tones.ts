const FREQUENCIES = [100, 173, 440, 997, 1_871, 3_163, 4_519, 5_701, 6_491, 7_000];

/** The signal of scripts/reference/audio/make_audio_fixtures.py: tones of equal loudness up to `highest` Hz under a raised cosine. */
export function tones(sampleRate: number, seconds: number, highest: number): Float32Array {
  const n = Math.round(sampleRate * seconds);
  const used = FREQUENCIES.filter((frequency) => frequency <= highest);
  return Float32Array.from({ length: n }, (_, i) => {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n);
    const sum = used.reduce(
      (total, frequency, k) => total + Math.sin((2 * Math.PI * frequency * i) / sampleRate + k),
      0,
    );
    return (window * sum) / used.length;
  });
}

/** The reference's energy over that of the difference; -Infinity if the lengths differ. */
export function decibels(x: Float32Array, reference: Float32Array): number {
  if (x.length !== reference.length) return Number.NEGATIVE_INFINITY;
  let signal = 0;
  let error = 0;
  for (let i = 0; i < x.length; i++) {
    signal += reference[i]! ** 2;
    error += (x[i]! - reference[i]!) ** 2;
  }
  return 10 * Math.log10(signal / error);
}
