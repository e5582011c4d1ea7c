import { relative } from 'node:path';
import { quoted } from '@mmolre/files';
import { shownFile } from '../corpus-folder';
import { problem, type Report } from '../problem';
import type { Corpus, Layout } from '../read-corpus';
import type { Sample } from '../sample';

/** A text of fewer words is said by chance in two splits. */
const MIN_WORDS = 5;

/**
 * What may not be in two splits, by layout. `videoId` is the video of MOSI and MOSEI, the dialogue of MELD (within its split) and IEMOCAP, and
 * the speaker of EmoDB and CREMA-D. Where it is no unit, as in collections of single texts, it is not looked at.
 */
const BY_VIDEO: ReadonlySet<Layout> = new Set<Layout>([
  'label-folder',
  'mosi-raw',
  'sdk',
  'mmsa-features',
  'ch-sims',
  'iemocap',
  'emodb',
  'crema-d',
]);

/** Where all speakers say the same sentences, these are in all splits. */
const SAME_SENTENCES: ReadonlySet<Layout> = new Set<Layout>(['emodb', 'crema-d']);

/**
 * Reports what is in two splits at once: a video, a recording, and, as a warning, a text of five words or more. Each is reported once, at
 * the first sample of the second split.
 */
export function checkLeakage({ layout, folder, samples }: Corpus, report: Report): void {
  const rules: { name: string; severity: 'error' | 'warning'; key: (sample: Sample) => string | undefined }[] = [
    { name: 'recording', severity: 'error', key: ({ recording, video }) => recording ?? video },
  ];
  if (!SAME_SENTENCES.has(layout)) rules.push({ name: 'text', severity: 'warning', key: textKey });
  if (BY_VIDEO.has(layout)) rules.unshift({ name: 'video', severity: 'error', key: ({ videoId }) => videoId });
  for (const { name, severity, key } of rules) {
    const first = new Map<string, Sample>();
    const told = new Set<string>();
    for (const sample of samples) {
      const value = key(sample);
      if (value === undefined) continue;
      const before = first.get(value);
      if (!before) first.set(value, sample);
      if (!before || before.split === sample.split || told.has(`${sample.split} ${value}`)) continue;
      told.add(`${sample.split} ${value}`);
      const { file, line } = sample.origin ?? { file: '' };
      const shown = name === 'recording' ? relative(folder.root, value) : name === 'text' ? sample.text : value;
      const message = `${at(folder, sample)}: the ${name} ${quoted(shown)} of ${sample.split} is in ${before.split} too, ${before.origin?.file ?? ''}${lineOf(before)}`;
      report(problem('leakage', file, line, message, severity));
    }
  }
}

const lineOf = ({ origin, id }: Sample) =>
  origin?.line === undefined ? `, sample ${quoted(id)}` : `, line ${origin.line}`;
const at = (folder: Corpus['folder'], sample: Sample) =>
  `${shownFile(folder, sample.origin?.file ?? '')}${lineOf(sample)}`;

function textKey({ text }: Sample): string | undefined {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.length >= MIN_WORDS ? words.join(' ') : undefined;
}
