/** A signal of a group reaches this program and what started it, which passes it on: that is one. */
const SAME_MS = 1000;

/** Aborted by the first SIGINT (Ctrl-C) or SIGTERM; a second one ends the program at once. */
export function endOnSignal(): AbortSignal {
  const end = new AbortController();
  let since = 0;
  for (const [name, code] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const])
    process.on(name, () => {
      if (!end.signal.aborted) {
        since = performance.now();
        end.abort();
      } else if (name === 'SIGINT' || performance.now() - since > SAME_MS) process.exit(code);
    });
  return end.signal;
}
