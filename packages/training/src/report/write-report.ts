import { basename, relative } from 'node:path';
import { type Block, type RunPageFacts, runPage, summaryReport } from '@mmolre/report';
import { type RunConfig, readsOf } from '../run-config';
import { runFile } from '../run-layout';
import { readRecord } from '../run-record';
import { readResult } from '../run-result';
import { readHistory } from './history';
import { identityFacts, stateOf } from './identity';
import { modelCard } from './model-card';
import { writeReportFiles } from './report-files';

/** What an evaluation adds to the report of a run. */
export type Evaluated = Pick<RunPageFacts, 'results' | 'utterances'>;

/**
 * Writes what is known of a run up to now, or of an evaluation of it: a page, and the same as Markdown and JSON; of one that is tested also its tables in
 * LaTeX and a model card.
 *
 * @param folder The run's own, unless it is told.
 * @returns Where the page is; undefined of the folder of a model alone, which says nothing of its training.
 */
export async function writeReport(
  run: string,
  config: RunConfig,
  { folder = runFile(run, 'report'), evaluated }: { folder?: string; evaluated?: Evaluated } = {},
): Promise<string | undefined> {
  const record = await readRecord(run);
  if (!record) return undefined;
  const history = await readHistory(run);
  const { results, utterances } = evaluated ?? { results: await ownResults(run, config), utterances: [] };
  const facts: RunPageFacts = {
    identity: identityFacts(run, record, relative(folder, runFile(run, 'record'))),
    state: await stateOf(run, history.steps.at(-1)?.step ?? 0),
    ...{ history, results, utterances },
  };
  const blocks = runPage(facts);
  const title = `MMoLRE: ${basename(run)}`;
  return writeReportFiles(folder, {
    ...{ title, blocks, results },
    facts: { ...facts, utterances: utterances.map(withoutSounds) },
    card: results.length > 0 ? modelCard({ name: basename(run), config, record, results }) : undefined,
  });
}

/** What a run's own test has found. */
async function ownResults(run: string, config: RunConfig): Promise<Block[]> {
  const result = await readResult(run);
  if (!result) return [];
  const { split, test, simple } = result;
  return summaryReport([{ seed: config.seed, test, reads: readsOf(config), simple }], split, undefined);
}

const withoutSounds = ({ title, utterances }: RunPageFacts['utterances'][number]) => ({
  title,
  utterances: utterances.map(({ sound: _, ...one }) => one),
});
