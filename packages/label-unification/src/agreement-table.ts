import { EMOTIONS } from '@mmolre/datasets';
import type { Agreement, AgreementReport } from './agreement';

const ROWS = [
  ['most similar', 'search'],
  ['most frequent', 'mostFrequent'],
  ['at random', 'random'],
] as const;

/** Agreement as a table for a terminal, a block a polarity. */
export function agreementTable(reports: readonly AgreementReport[]): string {
  return reports
    .map((report) => {
      const emotions = EMOTIONS.filter((emotion) => report.search.recall[emotion] !== undefined);
      const head = ['', ...emotions, 'mean recall', 'equal sets'];
      const row = (name: string, { recall, meanRecall, equalSets }: Agreement) => [
        name,
        ...[
          ...emotions.map((emotion) => recall[emotion]!),
          ...(emotions.length > 0 ? [meanRecall] : []),
          equalSets,
        ].map((value) => value.toFixed(3)),
      ];
      const used = emotions.length > 0 ? head : head.filter((name) => name !== 'mean recall');
      const rows = [used, ...ROWS.map(([name, key]) => row(name, report[key]))];
      const widths = used.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
      const lines = rows.map((cells) =>
        cells
          .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
          .join('  '),
      );
      return `${report.polarity}: ${report.targets} targets, ${report.sources} sources; recall of each emotion\n${lines.join('\n')}\n`;
    })
    .join('\n');
}
