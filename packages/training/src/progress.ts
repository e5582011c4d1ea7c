/** Shows how far something is. */
export type Progress = { update(done: number, note: string): void; stop(): void };

/** Begins to show it, such as as a bar. @param unit What is counted: `steps`. */
export type StartProgress = (label: string, total: number, unit: string) => Progress;
