import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { readJson, writeFileSafely } from '@mmolre/files';
import { configProblems } from '@mmolre/model';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { flatten } from './flatten';
import { runFile } from './run-layout';

/**
 * What decides the result of a run to the last bit, by its content: the configuration (without where the data lies), the data, the encoders, and what
 * computes. On another kind of processor the same may still round otherwise: `machine` of a session tells.
 */
export type RunIdentity = {
  config: Record<string, unknown>;
  /** SHA-256 of the samples and recordings. */ data: string;
  /** SHA-256 of each encoder's files and first weights, by name: `text/tokenizer.json`. */ encoders: Record<
    string,
    string
  >;
  backend: BackendFacts;
};

/** What computes, as `useBackend` of `@mmolre/backend` says. */
export type BackendFacts = { name: string; version: string; device: string; threads: number };

/** The programs: with others a run goes on, and is not promised to end the same. */
export type CodeFacts = { commit: string | null; packages: Record<string, string> };

const sessionSchema = z.object({
  /** ISO 8601 */ start: z.string(),
  /** Not there where it was killed. */ end: z.string().optional(),
  /** Steps that were done before, and after. */ fromStep: z.number(),
  toStep: z.number().optional(),
  /** Why it ended. */ stopped: z.string().optional(),
  command: z.array(z.string()),
  pid: z.number(),
  host: z.string(),
  /** Processor, memory, system. */ machine: z.string(),
  code: z.object({ commit: z.string().nullable(), packages: z.record(z.string(), z.string()) }),
  /** Processes that trained it together: 1. */ ranks: z.number().optional(),
});
export type Session = z.infer<typeof sessionSchema>;

const recordSchema = z.object({
  format: z.literal(1),
  seed: z.number(),
  /** Where the data lay. */ dataFolder: z.string(),
  identity: z.object({
    config: z.record(z.string(), z.unknown()),
    data: z.string(),
    encoders: z.record(z.string(), z.string()),
    backend: z.object({ name: z.string(), version: z.string(), device: z.string(), threads: z.number() }),
  }),
  /** Into how many each batch is divided: 1. */ parts: z.number().optional(),
  /** Each time that it was worked on. */ sessions: z.array(sessionSchema),
});
/** The content of `run.json`. */
export type RunRecord = z.infer<typeof recordSchema>;

/**
 * @returns undefined where there is none.
 * @throws One line that names the file and the field.
 */
export async function readRecord(run: string): Promise<RunRecord | undefined> {
  const path = runFile(run, 'record');
  if (!existsSync(path)) return undefined;
  const parsed = recordSchema.safeParse(await readJson(path));
  if (!parsed.success) throw new Error(`${path}: ${configProblems(parsed.error)}`);
  return parsed.data;
}

export const writeRecord = (run: string, record: RunRecord): Promise<void> =>
  writeFileSafely(runFile(run, 'record'), `${JSON.stringify(record, null, 2)}\n`);

/** What begins now. */
export function newSession(
  fromStep: number,
  { command, machine, code, ranks }: Pick<Session, 'command' | 'machine' | 'code' | 'ranks'>,
): Session {
  const start = new Date().toISOString();
  return { start, fromStep, command, pid: process.pid, host: hostname(), machine, code, ...(ranks && { ranks }) };
}

/**
 * In which field two runs differ first, in words: `training.learningRate: 0.001 there, 0.01 here`; undefined if in none that both have.
 *
 * @param here Possibly only a part, as long as the rest is not known.
 */
export function difference(there: RunIdentity, here: Partial<RunIdentity>): string | undefined {
  const found = firstDifference(there, here);
  return found && `${found.name}: ${found.there} there, ${found.here} here`;
}

/** What `identityConfig` leaves out. */
const LEFT_OUT: Record<string, string | undefined> = { 'training.precision': '"float32"' };
const NAMES: Record<string, string | undefined> = { data: 'the data (its SHA-256)', encoders: 'the encoder' };

/** The same as its name and both values. Parts that are not here are not looked at. */
export function firstDifference(
  there: object,
  here: object,
): { name: string; there: unknown; here: unknown } | undefined {
  const [all, parts] = [there, here] as Record<string, unknown>[];
  for (const part of Object.keys(parts!)) {
    const [before, now] = [flatten(all![part]), flatten(parts![part])];
    for (const field of new Set([...Object.keys(before), ...Object.keys(now)])) {
      if (before[field] === now[field]) continue;
      const prefix = part === 'config' ? undefined : (NAMES[part] ?? part);
      const name = [prefix, field].filter(Boolean).join(part in NAMES ? ' ' : '.');
      const told = (value: string | undefined) => value ?? LEFT_OUT[field] ?? 'nothing';
      return { name, there: told(before[field]), here: told(now[field]) };
    }
  }
  return undefined;
}

/** The programs that run now. @param root Of the repository, whose commit is told if it is one. */
export function codeFacts(root: string): CodeFacts {
  const git = (...args: string[]) => {
    try {
      return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      return undefined; // no git, or no repository
    }
  };
  const commit = git('rev-parse', 'HEAD');
  const changed = commit !== undefined && git('status', '--porcelain', '--untracked-files=no');
  const { name, version } = createRequire(import.meta.url)('../package.json') as { name: string; version: string };
  return {
    commit: commit ? `${commit}${changed ? ', with changes' : ''}` : null,
    packages: { [name]: version, '@tensorflow/tfjs': tf.version_core, node: process.versions.node },
  };
}

/** How the programs of a run's last session differ from these, as one line; undefined where they do not. */
export function codeDifference({ sessions }: RunRecord, here: Pick<Session, 'code' | 'machine'>): string | undefined {
  const last = sessions.at(-1);
  if (!last) return undefined;
  const [before, now] = [
    flatten({ ...last.code, machine: last.machine }),
    flatten({ ...here.code, machine: here.machine }),
  ];
  const field = Object.keys({ ...before, ...now }).find((name) => before[name] !== now[name]);
  return field && `${field} was ${before[field]}, is ${now[field]}: that it ends as if never stopped is not promised`;
}

/** What large matrix products of its training read: float32, or bf16. */
export const trainedIn = ({ identity: { config } }: Pick<RunRecord, 'identity'>): string =>
  (config.training as { precision?: string } | undefined)?.precision ?? 'float32';

/** What a run is, in a line: `run: seed 1, native (TensorFlow 2.21.0, 2 threads), data 0a1b2c3d4e5f, commit 0123456789ab`. */
export function recordLine({ seed, identity, sessions }: RunRecord): string {
  const { backend, data } = identity;
  const on = backend.device === 'CPU' ? `${backend.threads} thread${backend.threads === 1 ? '' : 's'}` : backend.device;
  const commits = [...new Set(sessions.map(({ code }) => shortCommit(code.commit)))].filter(Boolean);
  const precision = trainedIn({ identity });
  const computed = `${backend.name} (${backend.version}, ${on}${precision === 'float32' ? '' : `, ${precision}`})`;
  const parts = [`seed ${seed}`, computed, `data ${data.slice(0, 12)}`];
  return `run: ${[...parts, ...(commits.length > 0 ? [`commit ${commits.join(', then ')}`] : [])].join(', ')}`;
}

/** `0123456789ab`, and what follows the commit. */
const shortCommit = (commit: string | null) => commit?.replace(/^([0-9a-f]{12})[0-9a-f]*/, '$1');
