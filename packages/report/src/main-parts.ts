import type { Metric } from '@mmolre/metrics';
import { type Block, shown } from './document';
import type { PartKind, PartScores } from './parts';
import { spreadOf } from './spread';

type MainPart = { name: string; sentiment: PartScores | undefined; emotion: PartScores | undefined };

/** The parts of which a summary tells: each task's samples on which text and voice disagree, and both without one modality. */
function mainParts(parts: readonly PartScores[]): MainPart[] {
  const find = (by: PartKind, name: string) => parts.find((part) => part.by === by && part.name === name);
  const without = (name: string) => ({ name, sentiment: find('modalities', name), emotion: find('modalities', name) });
  const disagree = { sentiment: find('sentiment', 'disagree'), emotion: find('emotion', 'disagree') };
  return [{ name: 'text and voice disagree', ...disagree }, without('without audio'), without('without text')].filter(
    ({ sentiment, emotion }) => sentiment || emotion,
  );
}

const MAIN_FIGURES: [
  title: string,
  task: 'sentiment' | 'emotion',
  digits: number,
  read: (part: PartScores) => Metric,
][] = [
  ['samples', 'sentiment', 0, ({ samples }) => samples],
  ['correlation', 'sentiment', 3, ({ sentiment }) => sentiment?.corr],
  ['mean absolute error', 'sentiment', 3, ({ sentiment }) => sentiment?.mae],
  ['samples', 'emotion', 0, ({ samples }) => samples],
  ['recall', 'emotion', 3, ({ emotion }) => emotion?.recall],
];

/** Three rows of the main figures, each the mean over the seeds, with the deviation of several. None where there are no such parts. */
export function mainPartsReport(seeds: readonly (readonly PartScores[] | undefined)[]): Block[] {
  const found = seeds.map((parts) => mainParts(parts ?? []));
  const names = found.find((main) => main.length > 0)?.map(({ name }) => name);
  if (!names) return [];
  const figures = MAIN_FIGURES.filter(([, task]) => seeds.some((parts) => parts?.some((part) => part[task])));
  const rows = names.map((name) => {
    const main = found.flatMap((all) => all.filter((one) => one.name === name));
    return [
      name,
      ...figures.map(([, task, digits, read]) => {
        const spread = spreadOf(main.map((one) => one[task] && read(one[task])));
        return (
          shown(spread?.mean, digits) +
          (spread?.deviation === undefined ? '' : ` ± ${spread.deviation.toFixed(digits)}`)
        );
      }),
    ];
  });
  return [{ table: { head: ['part', ...figures.map(([title]) => title)], rows } }];
}
