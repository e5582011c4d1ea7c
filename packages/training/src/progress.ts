/** Shows how far something is. */
export type Progress = {
  /** @param likely What is likely to be done in the end, where that may be less than the total. */
  update(done: number, note: string, likely?: number): void;
  stop(): void;
};

/**
 * Begins to show it, such as as a bar.
 *
 * @param unit What is counted: `steps`.
 * @param from What was done before: where something goes on, which counts for no speed.
 */
export type StartProgress = (label: string, total: number, unit: string, from?: number) => Progress;
