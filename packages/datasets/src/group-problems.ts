import type { Problem } from './problem';

/** Problems of one cause: the first of them, how many there are, and where the next two are. */
export type ProblemGroup = Problem & { count: number; also: string[] };

/** So few of a cause are told one by one. */
const FEW = 3;
const PLACES = 2;

/** What has one cause stands once, in the order of the first of each. Up to three of a cause stand by themselves. */
export function groupProblems(problems: readonly Problem[]): ProblemGroup[] {
  const causes = problems.map(causeOf);
  const groups = new Map<string, Problem[]>();
  for (const [i, found] of problems.entries()) {
    const group = groups.get(causes[i]!);
    if (group) group.push(found);
    else groups.set(causes[i]!, [found]);
  }
  return problems.flatMap((found, i): ProblemGroup[] => {
    const group = groups.get(causes[i]!)!;
    if (group.length <= FEW) return [{ ...found, count: 1, also: [] }];
    if (found !== group[0]) return [];
    return [{ ...found, count: group.length, also: group.slice(1, 1 + PLACES).map(placeOf) }];
  });
}

/** A group in a line. */
export const groupLine = ({ message, count, also }: ProblemGroup): string =>
  count > 1 ? `${message} (${count} times: also ${also.join(', ')}, …)` : message;

/** The kind and the message, without what differs from place to place: the place, names and numbers. */
function causeOf({ kind, severity, file, message }: Problem): string {
  const column = /, column [^:]+/.exec(message)?.[0] ?? '';
  const what = message
    .replace(/^[^"]*?: /, '')
    .replace(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replace(/[^\s"]*\d[^\s"]*/g, '#');
  return [kind, severity, file, column, what].join('\n');
}

const placeOf = ({ line, message }: Problem) =>
  line === undefined ? (/^[^"]*?(?=: )/.exec(message)?.[0] ?? message) : `line ${line}`;
