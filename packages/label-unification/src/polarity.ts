export const POLARITIES = ['negative', 'neutral', 'positive'] as const;
/** A target sample is matched with source samples of its own polarity only. */
export type Polarity = (typeof POLARITIES)[number];

/**
 * The sign of a sentiment score: below 0 negative, above 0 positive, exactly 0 neutral, as UniMSE splits MOSI and MOSEI.
 *
 * @throws If the score is not a number.
 */
export function polarityOf(sentiment: number): Polarity {
  if (Number.isNaN(sentiment)) throw new Error('polarityOf: expected a sentiment score, found NaN');
  if (sentiment === 0) return 'neutral';
  return sentiment < 0 ? 'negative' : 'positive';
}

/**
 * The polarity of an IEMOCAP category: neu is neutral, hap and exc are positive, all others negative, as in UniMSE.
 *
 * @throws If it is none of IEMOCAP's codes.
 */
export function iemocapPolarity(code: string): Polarity {
  if (!IEMOCAP_CODES.has(code)) {
    throw new Error(`iemocapPolarity: expected one of ${[...IEMOCAP_CODES].join(', ')}, found "${code}"`);
  }
  if (code === 'neu') return 'neutral';
  return code === 'hap' || code === 'exc' ? 'positive' : 'negative';
}

/** Every category that IEMOCAP's annotation files have. */
export const IEMOCAP_CODES: ReadonlySet<string> = new Set([
  'neu',
  'hap',
  'sad',
  'ang',
  'fru',
  'exc',
  'sur',
  'fea',
  'dis',
  'oth',
  'xxx',
]);
