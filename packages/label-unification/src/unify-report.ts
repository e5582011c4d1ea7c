import { EMOTIONS, POLARITIES } from '@mmolre/datasets';
import { similarityHistogram } from './histogram';
import { escapeHtml, htmlTable } from './html';
import type { UnifiedLabel } from './types';
import { EVALUATION_WARNING } from './with-unified-labels';

export type ReportFacts = {
  /** What was done, a name and a value each: model, rule, source sets and how many samples they gave, ... */
  settings: readonly (readonly [name: string, value: string])[];
};

const LEAST_CERTAIN = 100;

/** One HTML page, whole by itself: what was done, how many labels there are of each emotion and polarity, how similar their sources are. */
export function unifyReport(labels: readonly UnifiedLabel[], { settings }: ReportFacts): string {
  const matched = labels.filter((label) => label.match !== undefined);
  const beyondTrain = labels.filter(({ target, emotions }) => target.split !== 'train' && emotions).length;
  const nearest = matched.map(({ target, match }) => ({ polarity: target.polarity, similarity: match!.similarity }));
  const least = matched.toSorted((a, b) => a.match!.similarity - b.match!.similarity).slice(0, LEAST_CERTAIN);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Unified labels</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
figure { margin: 0; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; }
th, td { border-bottom: 1px solid #ddd; padding: 0.25rem 0.6rem; text-align: left; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.warning { background: #fff3cd; border: 1px solid #e0b400; padding: 0.6rem 1rem; }
</style>
</head>
<body>
<h1>Unified labels</h1>
${beyondTrain > 0 ? `<p class="warning"><strong>${escapeHtml(`${beyondTrain} ${EVALUATION_WARNING}`)}.</strong></p>` : ''}
<p>Each target has the emotions of the source sample of its own polarity whose text is most similar. These are guesses from text, not judgements of people.</p>
${htmlTable(['setting', 'value'], settings)}
<h2>How many</h2>
${countTable(labels)}
<h2>How similar the sources are</h2>
${nearest.length > 0 ? similarityHistogram(nearest) : '<p>Nothing was searched.</p>'}
<h2>The ${least.length} least certain</h2>
${htmlTable(
  ['similarity', 'second', 'target', 'polarity', 'emotions', 'its text', 'source', "the source's text"],
  least.map(({ target, emotions, match }) => [
    match!.similarity,
    match!.secondSimilarity ?? '',
    target.id,
    target.polarity,
    emotions ? emotions.join(', ') || 'none' : 'no label',
    target.text,
    match!.source.id,
    match!.source.text,
  ]),
)}
</body>
</html>
`;
}

/** Labels by emotion and polarity. A label with several emotions is counted in several rows. */
function countTable(labels: readonly UnifiedLabel[]): string {
  const kinds: [string, (label: UnifiedLabel) => boolean][] = [
    ...EMOTIONS.map((emotion): [string, (label: UnifiedLabel) => boolean] => [
      emotion,
      ({ emotions }) => emotions?.includes(emotion) ?? false,
    ]),
    ['none of the six', ({ emotions }) => emotions?.length === 0],
    ['no label', ({ emotions }) => emotions === undefined],
    ['all', () => true],
  ];
  const rows = kinds.map(([name, test]) => {
    const counts = POLARITIES.map(
      (polarity) => labels.filter((one) => one.target.polarity === polarity && test(one)).length,
    );
    return [name, ...counts, counts.reduce((sum, count) => sum + count, 0)];
  });
  return htmlTable(['', ...POLARITIES, 'all'], rows);
}
