import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileSafely } from '@mmolre/files';
import { type Block, toHtml, toLatex, toMarkdown } from '@mmolre/report';
import { undefinedAsNull } from '../undefined-as-null';

/** What a report's folder holds. */
const REPORT_FILES = {
  /** All of it, for people: whole by itself. */ page: 'index.html',
  markdown: 'report.md',
  /** Its facts, without sounds and drawings. */ facts: 'report.json',
  /** The tables of its results. */ latex: 'tables.tex',
  /** Of one model. */ card: 'model-card.md',
} as const;

export type Report = {
  title: string;
  blocks: readonly Block[];
  facts: object;
  /** Blocks whose tables are results; none before there are any. */ results: readonly Block[];
  card?: string | undefined;
};

/** Writes a report in all its forms. @returns Where the page is. */
export async function writeReportFiles(
  folder: string,
  { title, blocks, facts, results, card }: Report,
): Promise<string> {
  const files: Partial<Record<keyof typeof REPORT_FILES, string>> = {
    page: toHtml(title, blocks),
    markdown: toMarkdown([{ heading: title }, ...blocks]),
    facts: `${JSON.stringify(facts, undefinedAsNull)}\n`,
    ...(results.length > 0 && { latex: toLatex(results) }),
    ...(card !== undefined && { card }),
  };
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files))
    await writeFileSafely(join(folder, REPORT_FILES[name as keyof typeof REPORT_FILES]), text);
  return join(folder, REPORT_FILES.page);
}
