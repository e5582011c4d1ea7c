/** What was loaded, and how long the reader had to wait for it. */
export type Loaded<T> = { value: T; waitSeconds: number };

/**
 * Loads values in order, so many of them ahead of the one that is read. What is loaded in worker threads goes on while the reader
 * computes, even if it never lets another task run.
 *
 * @param ahead Loads that are under way or done before they are read: memory for speed.
 * @throws What `load` throws, where its value would stand.
 */
export async function* readAhead<Key, T>(
  keys: Iterable<Key>,
  load: (key: Key) => Promise<T>,
  ahead = 2,
): AsyncGenerator<Loaded<T>> {
  const waiting = keys[Symbol.iterator]();
  const started: Promise<T>[] = [];
  const startOne = () => {
    const next = waiting.next();
    if (next.done) return;
    const value = load(next.value);
    value.catch(() => {}); // thrown below, when its turn comes
    started.push(value);
  };
  for (let i = 0; i <= ahead; i++) startOne();
  for (let value = started.shift(); value; value = started.shift()) {
    const before = performance.now();
    const loaded = await value;
    startOne();
    yield { value: loaded, waitSeconds: (performance.now() - before) / 1_000 };
  }
}
