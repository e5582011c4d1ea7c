import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Case, PythonSide } from './benchmark';

/** A process that does one side of a case when told to. */
export type Side = {
  /** What it runs on, such as `TensorFlow 2.21.0, 2 threads`. */
  runsOn: string;
  /** Does the work once. Milliseconds. */
  run(): Promise<number>;
  /** Writes what both sides must agree on to a file. */
  results(file: string): Promise<void>;
  /** Its peak resident memory since it began, in MiB; null where the system does not tell. */
  memory(): Promise<number | null>;
  end(): Promise<void>;
};

export type SideOptions = { benchmark: string; one: Case; dataFile: string; python: () => string };

/** Both sides get as many threads as there are cores: TensorFlow by default, PyTorch is told. */
const threads = availableParallelism();

/** @throws With what it said last, if the process ends instead of answering. */
export async function startSide(which: 'ours' | 'theirs', options: SideOptions): Promise<Side> {
  const { benchmark, one, dataFile } = options;
  const work = one[which];
  const [command, args] =
    typeof work === 'function'
      ? [process.execPath, [here('side-worker.js'), benchmark, one.name, which, dataFile]]
      : [
          options.python(),
          [here('../python/side.py'), work.python, dataFile, JSON.stringify(work.settings), `${threads}`],
        ];
  const child = spawn(command, args, { stdio: 'pipe', env: pythonEnv });
  const next = answers(child, `${one.name}: ${which}`);
  const ask = (line: string) => {
    child.stdin.write(`${line}\n`);
    return next();
  };
  const { ready } = await next();
  return {
    runsOn: String(ready),
    run: async () => Number((await ask('run')).ms),
    results: async (file) => void (await ask(`results\t${file}`)),
    memory: async () => (await ask('memory')).mib as number | null,
    end: () =>
      new Promise((done) => {
        if (child.exitCode !== null || child.signalCode !== null) return done();
        child.once('exit', () => done());
        child.stdin.end();
      }),
  };
}

/** Lets Python write files that a side reads. @throws With the line that it said last. */
export function makeFiles(python: string, { python: module, settings }: PythonSide, folder: string): void {
  const args = [here('../python/make.py'), module, folder, JSON.stringify(settings)];
  const { status, stderr, error } = spawnSync(python, args, { encoding: 'utf8', env: pythonEnv });
  if (status !== 0) throw new Error(`python/${module}.py: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
}

const pythonEnv = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

type Answer = Record<string, unknown>;

/** The process's answers, one line each, in order. It ends with this program, whatever ends that. */
function answers(child: ChildProcess, name: string): () => Promise<Answer> {
  const stop = () => child.kill();
  process.once('exit', stop);
  let said = '';
  child.stderr?.on('data', (text) => {
    said = `${said}${text}`.slice(-4000);
  });
  const closed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Error(`${name}: ${error.message}`)));
    child.once('close', (code, signal) => {
      process.off('exit', stop);
      reject(new Error(`${name}: the process ended (${signal ?? code}) without an answer\n${said.trim()}`));
    });
  });
  closed.catch(() => {}); // an end that nobody waits for is no error
  child.stdin?.on('error', () => {}); // nor is a word to a process that has ended; its end is reported
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await Promise.race([lines.next(), closed]);
    return done ? closed : (JSON.parse(value) as Answer);
  };
}
