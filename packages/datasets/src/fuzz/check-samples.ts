import { expectThat } from '@mmolre/files/test';
import { POLARITIES, type Sample, SPLITS } from '../sample';

/** @throws WrongValue for the first sample that a reader should not have given. */
export function checkSamples(samples: readonly Omit<Sample, 'recording' | 'video'>[]): void {
  const ids = new Set(samples.map(({ id }) => id));
  expectThat(ids.size === samples.length, () => `${samples.length} samples, ${ids.size} ids`);
  for (const { id, videoId, clipId, split, speaker, text, sentiment, emotions, polarity } of samples) {
    const wrong = (what: string) => () => `sample ${JSON.stringify(id)}: ${what}`;
    expectThat(id === `${videoId}/${clipId}` && videoId !== '' && clipId !== '', wrong(`of ${videoId} and ${clipId}`));
    expectThat(SPLITS.includes(split), wrong(`in the split ${split}`));
    expectThat(speaker === undefined || speaker.trim() !== '', wrong('no name of a speaker'));
    expectThat(typeof text === 'string', wrong('no text'));
    expectThat(sentiment === undefined || Math.abs(sentiment) <= 3, wrong(`sentiment ${sentiment}`));
    expectThat(
      emotions === undefined || (emotions.length === 6 && emotions.every((value) => value === 0 || value === 1)),
      wrong(`emotions ${emotions}`),
    );
    expectThat(polarity === undefined || POLARITIES.includes(polarity), wrong(`polarity ${polarity}`));
  }
}
