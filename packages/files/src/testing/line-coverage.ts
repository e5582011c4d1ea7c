import { type Debugger, type Profiler, Session } from 'node:inspector';

/** Lines of functions that ran, and those that did not, as the engine has them: without types. */
export type LineCoverage = { covered: number; total: number; missed: string[] };

let session: Session | undefined;

/** Begins to count, in this thread. Functions that ran before are counted as a whole only. */
export function startCoverage(): void {
  if (session) return;
  session = new Session();
  session.connect();
  ask('Profiler.enable');
  ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
}

/** Forgets what ran until now. */
export function resetCoverage(): void {
  ask('Profiler.takePreciseCoverage');
}

/** What ran since, of the scripts whose path ends so. */
export function takeCoverage(files: RegExp): LineCoverage {
  const { result } = ask<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage');
  const scripts = result.filter(({ url }) => files.test(url));
  ask('Debugger.enable');
  const lines = scripts.flatMap((script) => {
    const { scriptId } = script;
    const { scriptSource } = ask<Debugger.GetScriptSourceReturnType>('Debugger.getScriptSource', { scriptId });
    return linesOf(scriptSource, script.functions);
  });
  ask('Debugger.disable');
  const missed = lines.filter(({ ran }) => !ran).map(({ text }) => text);
  return { covered: lines.length - missed.length, total: lines.length, missed };
}

/** The lines of functions; a function of the test runner's is around the whole script. */
function linesOf(source: string, functions: readonly Profiler.FunctionCoverage[]): { text: string; ran: boolean }[] {
  const own = functions.filter(({ ranges }) => ranges[0]!.startOffset > source.indexOf('=>{{'));
  const ranges = own.flatMap((one) => one.ranges);
  // What is further inside comes later, and counts.
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  const counts = new Int32Array(source.length).fill(-1);
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
