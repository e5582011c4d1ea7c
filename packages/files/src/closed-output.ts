import { notWritten } from './write-faults';

/** What a program ends with that a closed pipe ended: 128 and the number of SIGPIPE. */
const CLOSED = 141;

type Decide = (exitCode: number) => void;

let decide: Decide | undefined;

/**
 * Whoever reads standard output or standard error may end first, as in `… | head -1`, and a disk that they go to may be full. Nothing more is
 * written to such a stream, where Node would end with a stack trace, and the program decides how it ends. The last call counts.
 *
 * @param then Told the exit code: 141 if the pipe was closed, else 1, after one line on standard error that says why.
 */
export function onClosedOutput(then: Decide): void {
  if (!decide)
    for (const [name, stream] of [
      ['standard output', process.stdout],
      ['standard error', process.stderr],
    ] as const)
      stream.on('error', (error: NodeJS.ErrnoException) => lost(name, stream, error));
  decide = then;
}

function lost(name: string, stream: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  stream.write = () => true;
  const isClosed = error.code === 'EPIPE' || error.code === 'EIO'; // EIO: of a terminal that is gone
  if (!isClosed) process.stderr.write(`${notWritten(name, error).message}\n`);
  decide?.(isClosed ? CLOSED : 1);
}
