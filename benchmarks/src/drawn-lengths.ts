import type { Rng } from '@mmolre/nn';

/** How long an utterance is: seconds of audio, and tokens with the two special ones. */
export type Length = { seconds: number; tokens: number };

/**
 * Lengths as those of MOSI, whose 2,199 segments have 4.2 s and 12 words in the mean (Zadeh et al., 2016): seconds of a log-normal distribution
 * within 1 .. 20, and for each second about 3.6 tokens, within 5 .. 60.
 */
export function drawLengths(count: number, rng: Rng): Length[] {
  const within = (least: number, value: number, most: number) => Math.min(most, Math.max(least, value));
  return Array.from({ length: count }, () => {
    const seconds = within(1, 3.5 * Math.exp(0.6 * rng.normal()), 20);
    const tokens = within(5, Math.round(2 + 3.5 * seconds * Math.exp(0.25 * rng.normal())), 60);
    return { seconds, tokens };
  });
}
