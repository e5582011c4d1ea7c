import { type Block, toHtml, toMarkdown } from '@mmolre/report';
import { type KeptResults, keepResults } from './kept-results';
import { thisMachine } from './processor';

/**
 * Keeps a benchmark's measures of today, with `blocks` of them as a table and as a page of pictures.
 *
 * @returns The table's file.
 */
export function keepPage<M extends { name: string }>(
  folder: string,
  results: Pick<KeptResults<M>, 'name' | 'title' | 'line' | 'measures'>,
  blocks: (measures: readonly M[]) => Block[],
): string {
  const date = new Date().toISOString().slice(0, 10);
  const page = ({ name, line, date, measures }: KeptResults<M>): Block[] => [
    { text: `${line}. ${date}.` },
    ...blocks(measures),
    { text: `Made by pnpm bench ${name} --save.` },
  ];
  return keepResults(
    folder,
    { ...results, machine: thisMachine(), date },
    (all) => toMarkdown([{ heading: all.title }, ...page(all)]),
    (all) => toHtml(all.title, page(all)),
  );
}
