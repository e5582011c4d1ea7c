import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import type { Case, Measure } from './benchmark';
import { differences } from './differences';
import { makeFiles, type Side, type SideOptions, startSide } from './side';
import { compare } from './statistics';
import { openTensors, writeTensors } from './tensor-file';

const warmUps = 3;
/** A side's threads may spin for some milliseconds after its call; the other's turn waits until they sleep. */
const pauseMs = 50;
/** Fresh processes a side whose peak memory is read. */
const memoryRounds = 3;

export type CaseOptions = Omit<SideOptions, 'dataFile'> & { rounds: number; progress: (doing: string) => void };
export type CaseResult = { measures: Measure[]; runsOn: { ours: string; theirs: string } };

/**
 * Measures one case: are the results equal; then both sides in turn, A B A B ..; then the memory of fresh processes.
 *
 * @throws If the two sides do not compute the same thing, or a process fails.
 */
export async function runCase(options: CaseOptions): Promise<CaseResult> {
  const { one, rounds, progress } = options;
  const folder = mkdtempSync(join(tmpdir(), 'mmolre-bench-'));
  try {
    progress('data');
    const dataFile = join(folder, 'data.safetensors');
    tf.tidy(() => writeTensors(dataFile, one.data()));
    if (one.files) makeFiles(options.python(), one.files, folder);
    const both = { ...options, dataFile };

    if (one.fresh) return await measureFresh(both, folder);

    const { times, runsOn } = await withSides(sides, both, async (pair) => {
      progress('are the results equal');
      await requireEqual(pair, folder, one);
      const times = await inTurn(pair, rounds, progress);
      return { times, runsOn: { ours: pair.ours.runsOn, theirs: pair.theirs.runsOn } };
    });

    const memory: Times = { ours: [], theirs: [] };
    for (let round = 0; round < memoryRounds; round++) {
      progress(`memory, process ${round + 1} of ${memoryRounds}`);
      for (const which of sides) {
        const peak = await peakMemory(which, both);
        if (peak !== null) memory[which].push(peak);
      }
    }

    const measures: Measure[] = [{ name: one.name, metric: 'time', ...compare(times.ours, times.theirs) }];
    if (memory.ours.length > 0)
      measures.push({ name: one.name, metric: 'memory', ...compare(memory.ours, memory.theirs) });
    return { measures, runsOn };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const sides = ['ours', 'theirs'] as const;
type Which = (typeof sides)[number];
type Pair = Record<Which, Side>;
type Times = Record<Which, number[]>;

/** Starts some sides, one after the other, uses them, and ends them whatever happens. */
async function withSides<W extends Which, R>(
  which: readonly W[],
  options: SideOptions,
  use: (started: Record<W, Side>) => Promise<R>,
): Promise<R> {
  const started = {} as Record<W, Side>;
  try {
    for (const side of which) started[side] = await startSide(side, options);
    return await use(started);
  } finally {
    for (const side of Object.values<Side>(started)) await side.end();
  }
}

/** Times and memory of processes that exist one at a time: set up, three calls, of which the third counts. */
async function measureFresh(options: SideOptions & CaseOptions, folder: string): Promise<CaseResult> {
  const { one, rounds, progress } = options;
  const [times, memory]: [Times, Times] = [
    { ours: [], theirs: [] },
    { ours: [], theirs: [] },
  ];
  const runsOn = { ours: '', theirs: '' };
  for (let round = 0; round < rounds; round++) {
    for (const which of sides) {
      progress(`round ${round + 1} of ${rounds}, ${which}`);
      await withSides([which], options, async ({ [which]: side }) => {
        if (round === 0) await side!.results(join(folder, `${which}.safetensors`));
        for (let call = 1; call < warmUps; call++) await side!.run();
        times[which].push(await side!.run());
        const peak = await side!.memory();
        if (peak !== null) memory[which].push(peak);
        runsOn[which] = side!.runsOn;
      });
    }
    if (round === 0) requireSame(folder, one);
  }
  const measures: Measure[] = [{ name: one.name, metric: 'time', ...compare(times.ours, times.theirs) }];
  if (memory.ours.length > 0)
    measures.push({ name: one.name, metric: 'memory', ...compare(memory.ours, memory.theirs) });
  return { measures, runsOn };
}

async function inTurn(pair: Pair, rounds: number, progress: (doing: string) => void): Promise<Times> {
  const times: Times = { ours: [], theirs: [] };
  for (let round = -warmUps; round < rounds; round++) {
    progress(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`);
    for (const which of sides) {
      const ms = await pair[which].run();
      if (round >= 0) times[which].push(ms);
      await sleep(pauseMs);
    }
  }
  return times;
}

/** The peak of a process that sets the case up and does it a few times, and nothing else. */
function peakMemory(which: Which, options: SideOptions): Promise<number | null> {
  return withSides([which], options, async ({ [which]: side }) => {
    for (let call = 0; call < warmUps; call++) await side!.run();
    return side!.memory();
  });
}

async function requireEqual(pair: Pair, folder: string, one: Case): Promise<void> {
  await Promise.all(sides.map((which) => pair[which].results(join(folder, `${which}.safetensors`))));
  requireSame(folder, one);
}

/** @throws If the results that both sides wrote differ. */
function requireSame(folder: string, { name, tolerance }: Case): void {
  const [ours, theirs] = sides.map((which) => openTensors(join(folder, `${which}.safetensors`)));
  const wrong = differences(ours!, theirs!, tolerance);
  ours!.close();
  theirs!.close();
  if (wrong.length > 0) throw new Error(`${name}: the two sides compute different things: ${wrong.join('; ')}`);
}
