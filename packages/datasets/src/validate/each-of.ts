/** Runs a step for each item, several at once. It stops early, and returns false, when the signal says so. */
export async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  signal: AbortSignal | undefined,
  step: (item: T) => Promise<void>,
): Promise<boolean> {
  let next = 0;
  const work = async () => {
    while (next < items.length && !signal?.aborted) await step(items[next++]!);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return !signal?.aborted;
}
