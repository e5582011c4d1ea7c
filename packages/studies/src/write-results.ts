import { writeFileSafely } from '@mmolre/files';
import { type SettingFacts, type StudyFacts, studyReport } from '@mmolre/report';
import { writeReportFiles } from '@mmolre/training';
import { compareRuns } from '@mmolre/training/compare';
import type { StudyPlan } from './plan';
import { readResults, resultsCsv, type TrialResult } from './results';
import { studyFile } from './study-folder';

/**
 * Writes what a study has come to up to now: `results.csv` and the report.
 *
 * @returns Where the report's page is.
 */
export async function writeResults(folder: string, plan: StudyPlan, log: (line: string) => void): Promise<string> {
  const results = await readResults(folder, plan);
  await writeFileSafely(studyFile(folder, 'csv'), resultsCsv(plan, results));
  const facts = await studyFacts(plan, results, log);
  const blocks = studyReport(facts);
  return writeReportFiles(studyFile(folder, 'report'), { title: plan.name, blocks, facts, results: blocks });
}

/** A study's results by setting, over its seeds, with tests of each setting against the first that has any. */
async function studyFacts(
  { name, fields, metric, pruner }: StudyPlan,
  results: readonly TrialResult[],
  log: (line: string) => void,
): Promise<StudyFacts> {
  const groups = new Map<string, TrialResult[]>();
  for (const one of results) {
    const key = JSON.stringify(fields.map((field) => one.trial.setting[field]));
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const settings = [...groups.values()].map(
    (own): SettingFacts => ({
      labels: fields.map((field) => own[0]!.trial.setting[field]!),
      trials: own.map(({ trial: { seed }, state: { state }, best, result }) => ({
        seed,
        state,
        best,
        test: result?.test,
      })),
    }),
  );
  const complete = results.filter(({ result }) => result);
  return {
    ...{ name, fields, metric, isPruned: pruner !== 'none', settings },
    split: complete[0]?.result?.split ?? 'test',
    comparison:
      [...groups.values()].filter((own) => own.some(({ result }) => result)).length > 1
        ? await comparison(fields, complete, log)
        : undefined,
  };
}

async function comparison(
  fields: readonly string[],
  complete: readonly TrialResult[],
  log: (line: string) => void,
): Promise<StudyFacts['comparison']> {
  const { differences, rows, areClipsKnown, draws } = await compareRuns({
    runs: complete.map(({ run }) => run),
    addressOf: (record) => record,
    log,
  });
  const named = (model: string) => {
    const { trial } = complete.find(({ trial: { id } }) => id.replace(/-seed\d+$/, '') === model)!;
    return fields.map((field) => trial.setting[field]).join(', ');
  };
  const first = complete[0]!.trial;
  return {
    ...{ rows, areClipsKnown, draws },
    first: fields.map((field) => first.setting[field]).join(', '),
    differences: differences.map((one) => ({ ...one, model: named(one.model) })),
  };
}
