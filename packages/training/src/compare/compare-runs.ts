import { basename } from 'node:path';
import { type Dataset, readDataset, type Sample, SPLITS } from '@mmolre/datasets';
import type { ComparedModel, ComparedRun, CompareFacts } from '@mmolre/report';
import { mean } from 'simple-statistics';
import { readHistory } from '../report/history';
import { identityFacts, stateOf } from '../report/identity';
import { runFile } from '../run-layout';
import { type RunRecord, readRecord } from '../run-record';
import { type RunResult, readResult } from '../run-result';
import { METRICS, type Metric, type Scores, type TestRow } from './block';
import { bootstrapP, percentiles, resample } from './bootstrap';
import { holm } from './holm';
import { permutationP } from './permutation';
import { type ScoredLine, scoredLines, scoresOf, testRow } from './read-scores';

export type CompareOptions = {
  /** Folders of runs that are trained and tested; two at least. The first is what the others are held against. */ runs: readonly string[];
  /** Draws of each test: 2,000. */ draws?: number;
  /** The address of a run's `run.json` from where the facts are told. */ addressOf: (record: string) => string;
  log: (line: string) => void;
};

const DRAWS = 2_000;
const SEED = 1;

type Tested = { run: string; record: RunRecord; result: RunResult; lines: ScoredLine[]; scores: Scores };
type Model = { name: string; runs: Tested[]; isComparable: boolean };

/**
 * Holds tested runs against each other: what differs between them and the first, on the rows that both have tested. Runs that differ in their
 * seed alone are one model, whose figure is the mean over its seeds. Runs of other rows than the first's are told, and not compared.
 *
 * @throws One line: which run is not tested yet.
 */
export async function compareRuns({ runs, draws = DRAWS, addressOf, log }: CompareOptions): Promise<CompareFacts> {
  const folders = [...new Set(runs)];
  if (folders.length < 2) throw new Error(`expected two runs or more, found ${folders.length}`);
  const tested = await Promise.all(folders.map(readTested));
  const models = modelsOf(tested);
  const { rows, areClipsKnown } = await rowsOf(tested[0]!, log);
  return {
    runs: await Promise.all(tested.map((one) => comparedRun(one, addressOf))),
    models: models.map(
      ({ name, runs: own, isComparable }): ComparedModel => ({
        name,
        runs: own.map(({ run }) => folders.indexOf(run)),
        isComparable,
      }),
    ),
    differences: differencesOf(models, rows, draws),
    ...{ rows: rows.length, areClipsKnown, draws },
  };
}

async function readTested(run: string): Promise<Tested> {
  const [record, result] = [await readRecord(run), await readResult(run)];
  if (!record || !result)
    throw new Error(`${run}: expected a run that is trained and tested, found ${record ? 'one that is not' : 'none'}`);
  const lines = await scoredLines(runFile(run, 'predictions'));
  return { run, record, result, lines, scores: scoresOf(lines) };
}

async function comparedRun(
  { run, record, result }: Tested,
  addressOf: CompareOptions['addressOf'],
): Promise<ComparedRun> {
  const history = await readHistory(run);
  return {
    name: basename(run),
    seed: record.seed,
    identity: identityFacts(run, record, addressOf(runFile(run, 'record'))),
    state: await stateOf(run, result.steps),
    split: result.split,
    test: result.test,
    epochs: history.epochs,
    bestEpoch: result.bestEpoch,
  };
}

/** Runs of one configuration, data and backend are of one model, called by their folders' names without what differs. */
function modelsOf(tested: readonly Tested[]): Model[] {
  const [first] = tested;
  const groups = new Map<string, Tested[]>();
  for (const one of tested) {
    const { config, data, backend } = one.record.identity;
    const key = JSON.stringify([{ ...config, seed: undefined }, data, backend.name]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].map((runs) => ({
    name: basename(runs[0]!.run).replace(/-seed\d+$/, ''),
    runs,
    isComparable: runs.every(
      ({ record, lines }) =>
        record.identity.data === first!.record.identity.data && idsOf(lines) === idsOf(first!.lines),
    ),
  }));
}

const idsOf = (lines: readonly ScoredLine[]) => lines.map(({ id }) => id).join('\n');

/** What was tested, with the recordings that rows share where the data is still where it was. */
async function rowsOf({ record, lines }: Tested, log: (line: string) => void) {
  const dataset = await readDataset(record.dataFolder).catch((): Dataset | undefined => undefined);
  if (!dataset) log(`warning: ${record.dataFolder}: the data is not there: each row counts as a recording of its own`);
  const samples = new Map<string, Sample>(
    dataset ? SPLITS.flatMap((split) => dataset[split].map((one) => [one.id, one] as const)) : [],
  );
  return { rows: lines.map((line) => testRow(line, samples)), areClipsKnown: dataset !== undefined };
}

/** Each model against the first, by each figure that both have. */
function differencesOf(models: readonly Model[], rows: readonly TestRow[], draws: number): CompareFacts['differences'] {
  const [first, ...others] = models.filter(({ isComparable }) => isComparable);
  const all = [first!, ...others].flatMap(({ runs }) => runs);
  const block = { fold: 1, seed: 1, rows, scores: new Map(all.map(({ run, scores }) => [run, scores])) };
  const found = METRICS.flatMap((metric) => {
    const wanted = all.map(({ run }) => ({ name: run, metric }));
    const resampled = resample([block], wanted, { seed: SEED, resamples: draws });
    const of = ({ runs }: Model) => {
      const own = runs.map(({ run }) => resampled[all.findIndex((one) => one.run === run)]);
      if (own.includes(undefined)) return undefined;
      const values = own.map((one) => one!.resamples);
      return {
        value: mean(own.map((one) => one!.blocks[0]!)),
        resamples: Float64Array.from({ length: draws }, (_, r) => mean(values.map((one) => one[r]!))),
      };
    };
    return others.flatMap((model) => {
      const [theirs, ours] = [of(first!), of(model)];
      if (!theirs || !ours) return [];
      return [
        {
          metric,
          model,
          better: betterBy(metric, theirs, ours),
          pPermutation: permuted(metric, rows, first!, model, draws),
        },
      ];
    });
  });
  const ps = found.map(({ better, pPermutation }) => Math.max(bootstrapP(better.resamples), pPermutation));
  const corrected = holm(ps);
  return found.map(({ metric, model, better, pPermutation }, i) => ({
    ...{ metric, model: model.name, difference: better.value, interval: percentiles(better.resamples) },
    ...{ pBootstrap: bootstrapP(better.resamples), pPermutation, p: corrected[i]! },
  }));
}

type Figure = { value: number; resamples: Float64Array };

/** By how much the second is better: above 0 also of the error. */
function betterBy(metric: Metric, first: Figure, second: Figure): Figure {
  const sign = metric === 'error' ? -1 : 1;
  return {
    value: sign * (second.value - first.value),
    resamples: second.resamples.map((value, r) => sign * (value - first.resamples[r]!)),
  };
}

/** Runs of the same seed are a pair; where seeds differ, in their order. */
function permuted(metric: Metric, rows: readonly TestRow[], first: Model, second: Model, draws: number): number {
  const bySeed = ({ runs }: Model) => runs.toSorted((a, b) => a.record.seed - b.record.seed);
  const [a, b] = [bySeed(first), bySeed(second)];
  const pairs = a.slice(0, b.length).map(({ scores }, i) => [scores, b[i]!.scores] as const);
  return permutationP(metric, rows, pairs, { seed: SEED, permutations: draws })!;
}
