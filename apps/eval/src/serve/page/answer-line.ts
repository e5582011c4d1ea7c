import type { Answered } from '../protocol';

const WORDS = [
  'very negative',
  'negative',
  'slightly negative',
  'neutral',
  'slightly positive',
  'positive',
  'very positive',
];

/** A sentiment as people say it: -3 very negative, +3 very positive. */
export const sentimentWord = (sentiment: number): string => WORDS[Math.max(0, Math.min(6, Math.round(sentiment) + 3))]!;

/** With its sign, which a minus of its own shows. */
export const signed = (value: number): string => `${value < 0 ? '\u2212' : '+'}${Math.abs(value).toFixed(2)}`;

/** The whole answer on one line, as a screen reader says it. */
export function answerLine({ sentiment, category, cut }: Answered, maxSeconds: number): string {
  const parts = [
    ...(sentiment === undefined ? [] : [`${sentimentWord(sentiment)} (${signed(sentiment)})`]),
    ...(category === undefined ? [] : [category === 'none' ? 'no emotion' : category]),
  ];
  const line = `It says: ${parts.join(', ')}.`;
  return cut ? `${line} It heard the first ${maxSeconds} seconds of the recording.` : line;
}
