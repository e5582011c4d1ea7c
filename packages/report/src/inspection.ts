import { type Counts, groupLine, groupProblems, type Inspection, type Problem } from '@mmolre/datasets';
import { type Block, counted } from './document';

/** So many problems of one kind are printed; --json lists them all. */
const SHOWN = 50;

/** What a data set is, its counts and its problems. */
export function inspectionReport({ folder, layout, corpus, splits, counts, lengths, problems }: Inspection): Block[] {
  const known = corpus ? `${corpus}, ` : '';
  const columns = [...splits, 'all'] as const;
  const isPublished = counts.some(({ published }) => Object.keys(published).length > 0);
  const rows = counts
    .filter(({ found, published }) => found.all > 0 || Object.keys(published).length > 0)
    .map(({ kind, found, published }) => [
      kind,
      ...columns.map((column) => countCell(found[column], published[column])),
    ]);
  return [
    { text: `${folder}: ${known}layout ${layout}\n` },
    { table: { head: ['', ...columns], rows } },
    { text: isPublished ? '\n= as published; where it differs, the published number stands in brackets\n' : '' },
    ...(lengths ? [{ text: `${lengthLine(lengths)}\n` }] : []),
    { lines: problemLines(problems) },
  ];
}

function countCell(found: number, published: Counts['all']): string {
  if (published === undefined) return counted(found);
  return found === published ? `${counted(found)} =` : `${counted(found)} (${counted(published)})`;
}

function lengthLine({ recordings, seconds, shortest, longest }: NonNullable<Inspection['lengths']>): string {
  const hours = (seconds / 3600).toFixed(2);
  return `${counted(recordings)} recordings, ${hours} hours, from ${shortest.toFixed(2)} to ${longest.toFixed(2)} seconds`;
}

/** What has one cause is a line, with how often and where else. */
function problemLines(problems: readonly Problem[]): string[] {
  if (problems.length === 0) return ['no problems'];
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const lines: string[] = [`${counted(errors)} errors, ${counted(problems.length - errors)} warnings`];
  const counts = new Map<string, number>();
  for (const group of groupProblems(problems)) {
    const name = `${group.severity} (${group.kind})`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (count <= SHOWN) lines.push(`${name}: ${groupLine(group)}`);
  }
  for (const [name, count] of counts) {
    if (count > SHOWN) lines.push(`${name}: ${counted(count - SHOWN)} more; --json lists them all`);
  }
  return lines;
}
