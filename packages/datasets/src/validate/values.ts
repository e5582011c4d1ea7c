import { quoted } from '@mmolre/files';
import { shownFile, shownPlace } from '../corpus-folder';
import { type Problem, problem } from '../problem';
import type { Corpus } from '../read-corpus';
import { SPLITS } from '../sample';
import { movedSamples } from './identify';
import { type CorpusName, PUBLISHED } from './published';

/** Of fewer labels a range says nothing. */
const MIN_LABELS = 30;
/** How far a corpus's size may be from the published one to be the same corpus, counted otherwise. */
const NEAR = 0.1;

const MONTHS = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
/** What spreadsheets make of ids. */
const EATEN: [RegExp, string][] = [
  [/^[+-]?\d+([.,]\d+)?E\+\d+$/i, 'a number in scientific notation'],
  [/^#(NAME\?|REF!|VALUE!|NUM!|N\/A|DIV\/0!)$/, 'the error of a formula'],
  [new RegExp(`^(\\d{1,4}[-. ](${MONTHS})[a-z]*|(${MONTHS})[a-z]*[-. ]\\d{1,4})([-. ]\\d{2,4})?$`, 'i'), 'a date'],
  [/^\d+[.,]0+$/, 'a whole number written as a decimal one'],
];

/**
 * What has the form of a data set but looks like something else: labels of a narrower scale, ids that a spreadsheet has changed, splits that
 * are not the published ones. Warnings alone.
 *
 * @param name Which known corpus it is.
 */
export function valueProblems(corpus: Corpus, name: CorpusName | undefined): Problem[] {
  return [...narrowLabels(corpus), ...eatenIds(corpus), ...(name ? otherCounts(corpus, name) : [])];
}

function narrowLabels({ folder, samples }: Corpus): Problem[] {
  const rated = samples.filter(({ sentiment }) => sentiment !== undefined);
  if (rated.length < MIN_LABELS) return [];
  const [low, high] = rated.reduce(
    ([a, b], { sentiment }) => [Math.min(a, sentiment!), Math.max(b, sentiment!)],
    [3, -3],
  );
  const says = (what: string) => {
    const file = rated[0]!.origin?.file ?? '';
    const range = `${Number(low.toFixed(3))} to ${Number(high.toFixed(3))}`;
    return [
      problem(
        'label-scale',
        file,
        undefined,
        `${shownFile(folder, file)}: ${rated.length} labels reach from ${range}, of -3 to 3: ${what}`,
      ),
    ];
  };
  if (low >= 0) return says('none is negative; another scale?');
  if (high <= 0) return says('none is positive; another scale?');
  return low >= -1 && high <= 1 ? says('a scale from -1 to 1 has to be multiplied by 3') : [];
}

function eatenIds({ folder, samples }: Corpus): Problem[] {
  return samples.flatMap(({ videoId, clipId, origin }) => {
    const [id, what] = [videoId, clipId].flatMap((part) =>
      EATEN.filter(([form]) => form.test(part)).map(([, found]) => [part, found]),
    )[0] ?? [undefined, ''];
    if (id === undefined || !origin) return [];
    return [
      problem(
        'odd-id',
        origin.file,
        origin.line,
        `${shownPlace(folder, origin)}: the id ${quoted(id)} looks like ${what}, made by a spreadsheet`,
      ),
    ];
  });
}

function otherCounts({ folder, samples }: Corpus, name: CorpusName): Problem[] {
  const file = samples[0]?.origin?.file ?? '';
  const published = PUBLISHED[name].samples ?? {};
  const all = published.all ?? SPLITS.reduce((sum, split) => sum + (published[split] ?? 0), 0);
  const counts = SPLITS.map((split) => [split, samples.filter((sample) => sample.split === split).length] as const);
  const differ = counts.filter(([split, count]) => published[split] !== undefined && published[split] !== count);
  const found: Problem[] = [];
  if (Math.abs(samples.length - all) <= NEAR * all && differ.length > 0) {
    const told = differ.map(([split, count]) => `${count} of ${split}, published are ${published[split]}`).join('; ');
    found.push(problem('counts', file, undefined, `${folder.shown}: ${name} by its content, but with ${told}`));
  }
  const moved = movedSamples(samples, name);
  if (moved.length > 0) {
    const { sample, published: own } = moved[0]!;
    const message = `${folder.shown}: ${name} by its videos, but ${moved.length} samples are in another split than published, such as video ${quoted(sample.videoId)} in ${sample.split}, not ${own}`;
    found.push(problem('counts', file, undefined, message));
  }
  return found;
}
