/**
 * Aborts at the first Ctrl-C, or SIGTERM, so that the step in progress ends and is kept. The second Ctrl-C ends the program.
 *
 * @param log Told what the first one does, if it is given.
 */
export function stopOnSignal(log?: (line: string) => void): AbortSignal {
  const stop = new AbortController();
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(130);
    log?.('\nstopping after this step; press Ctrl-C again to stop at once');
    stop.abort();
  });
  process.on('SIGTERM', () => stop.abort());
  return stop.signal;
}
