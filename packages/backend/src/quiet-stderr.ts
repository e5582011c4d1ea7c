import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The compiled helper, `native/stderr_redirect.cc`. */
export type StderrRedirect = { dup(descriptor: number): number; dup2(from: number, to: number): number };

/** TensorFlow's notes that tell a user nothing to act on. */
const CHATTER = [
  /All log messages before absl::InitializeLog/,
  /oneDNN custom operations are on/,
  /This TensorFlow binary is optimized to use available CPU instructions/,
  /^To enable the following instructions/,
];

/**
 * Runs `work` with file descriptor 2 pointing at a file, so that C++ code cannot write to the user's terminal.
 * What it wrote is handed back without TensorFlow's usual notes; if `work` throws, that is written to stderr after all.
 */
export function holdStderr<T>({ dup, dup2 }: StderrRedirect, work: () => T): { result: T; held: string } {
  const folder = mkdtempSync(join(tmpdir(), 'mmolre-'));
  const file = join(folder, 'stderr');
  const sink = openSync(file, 'w', 0o600);
  const terminal = dup(2);
  dup2(sink, 2);
  const release = (): string => {
    dup2(terminal, 2);
    closeSync(terminal);
    closeSync(sink);
    const text = readFileSync(file, 'utf8');
    rmSync(folder, { recursive: true, force: true });
    const kept = text.split('\n').filter((line) => line !== '' && !CHATTER.some((pattern) => pattern.test(line)));
    return kept.length > 0 ? `${kept.join('\n')}\n` : '';
  };
  try {
    const result = work();
    return { result, held: release() };
  } catch (error) {
    const held = release();
    if (held) writeSync(2, held);
    throw error;
  }
}
