import { EMOTIONS } from '@mmolre/datasets';
import { type Block, shown } from '@mmolre/report';
import type { Agreement, AgreementReport } from './agreement';

const ROWS = [
  ['most similar', 'search'],
  ['most frequent', 'mostFrequent'],
  ['at random', 'random'],
] as const;

/** Agreement as a table a polarity. */
export const agreementBlocks = (reports: readonly AgreementReport[]): Block[] =>
  reports.flatMap((report, i) => {
    const emotions = EMOTIONS.filter((emotion) => report.search.recall[emotion] !== undefined);
    const some = emotions.length > 0;
    const row = (name: string, { recall, meanRecall, equalSets }: Agreement) => [
      name,
      ...emotions.map((emotion) => shown(recall[emotion])),
      ...(some ? [shown(meanRecall)] : []),
      shown(equalSets),
    ];
    return [
      ...(i > 0 ? [{ text: '' }] : []),
      { text: `${report.polarity}: ${report.targets} targets, ${report.sources} sources; recall of each emotion` },
      {
        table: {
          head: ['', ...emotions, ...(some ? ['mean recall'] : []), 'equal sets'],
          rows: ROWS.map(([name, key]) => row(name, report[key])),
        },
      },
    ];
  });
