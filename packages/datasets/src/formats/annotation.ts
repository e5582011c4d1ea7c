import { quoted } from '@mmolre/files';
import { problem, type Report } from '../problem';
import { polarityOf, type Sample } from '../sample';

/** MMSA writes each label also as a word, its sign. Where the two differ, labels and samples have slipped, which is reported. */
export function checkAnnotation(
  word: string | undefined,
  sample: Omit<Sample, 'recording' | 'video'>,
  place: string,
  report: Report,
): void {
  const { sentiment, origin } = sample;
  if (sentiment === undefined || !word || !['positive', 'neutral', 'negative'].includes(word.trim().toLowerCase()))
    return;
  if (word.trim().toLowerCase() === polarityOf({ sentiment })) return;
  const message = `${place}: label ${sentiment}, but its annotation is ${quoted(word)}`;
  report(problem('mismatch', origin?.file ?? '', origin?.line, message));
}
