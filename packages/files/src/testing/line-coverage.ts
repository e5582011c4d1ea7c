import { type Debugger, type Profiler, Session } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';

/** Lines of functions that ran, and those that did not, as the engine has them: without types. */
export type LineCoverage = { covered: number; total: number; missed: string[] };

type Range = { startOffset: number; endOffset: number };

let session: Session | undefined;
/** Every function of each script, by the script's path; also those that never run, which are told once. */
const functions = new Map<string, Range[]>();

/** Begins to count, in this thread, what scripts do that are loaded from now on. */
export function startCoverage(): void {
  session = new Session();
  session.connect();
  ask('Profiler.enable');
  ask('Profiler.startPreciseCoverage', COUNTING);
}

const COUNTING = { callCount: true, detailed: true };

/**
 * What runs while `work` does, of the scripts whose path ends so. Optimised code counts nothing, so there is none meanwhile.
 *
 * @param work Runs in this thread.
 */
export async function coverageOf(work: () => Promise<void>, files: RegExp): Promise<LineCoverage> {
  for (const { url, functions: found } of takeCounts())
    if (!functions.has(url))
      functions.set(
        url,
        found.map(({ ranges }) => ranges[0]!),
      );
  setFlagsFromString('--no-opt');
  ask('Profiler.startPreciseCoverage', COUNTING); // which drops what is optimised
  takeCounts();
  await work();
  const scripts = takeCounts().filter(({ url }) => files.test(url));
  setFlagsFromString('--opt');
  ask('Debugger.enable');
  const lines = scripts.flatMap(({ scriptId, url, functions: ran }) => {
    const { scriptSource } = ask<Debugger.GetScriptSourceReturnType>('Debugger.getScriptSource', { scriptId });
    return linesOf(scriptSource, functions.get(url) ?? [], ran);
  });
  ask('Debugger.disable');
  const missed = lines.filter(({ ran }) => !ran).map(({ text }) => text);
  return { covered: lines.length - missed.length, total: lines.length, missed };
}

const takeCounts = () => ask<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage').result;

/** The lines of functions; a function of the test runner's is around the whole script. */
function linesOf(source: string, all: readonly Range[], ran: readonly Profiler.FunctionCoverage[]) {
  const isOwn = ({ startOffset }: Range) => startOffset > source.indexOf('=>{{');
  const ranges = ran.filter(({ ranges }) => isOwn(ranges[0]!)).flatMap((one) => one.ranges);
  // What is further inside comes later, and counts.
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  const counts = new Int32Array(source.length).fill(-1);
  for (const { startOffset, endOffset } of all.filter(isOwn)) counts.fill(0, startOffset, endOffset);
  for (const { startOffset, endOffset, count } of ranges) counts.fill(count, startOffset, endOffset);
  const lines: { text: string; ran: boolean }[] = [];
  let start = 0;
  for (const line of source.split('\n')) {
    const first = start + line.search(/\S|$/);
    const text = line.trim();
    start += line.length + 1;
    if (/^[\])};,]*$/.test(text) || text.startsWith('//') || (counts[first] ?? -1) < 0) continue;
    lines.push({ text, ran: counts[first]! > 0 });
  }
  return lines;
}

/** Sessions of the same thread answer at once. */
function ask<T>(method: string, params: object = {}): T {
  let answer: T | undefined;
  session!.post(method, params, (error, result) => {
    if (error) throw new Error(`${method}: ${error.message}`);
    answer = result as T;
  });
  return answer as T;
}
