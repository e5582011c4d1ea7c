/** How the learning rate runs over a training: constant, or down a half cosine to zero after a linear warm-up. */
export type Schedule = { kind: 'constant' } | { kind: 'cosine'; warmupSteps: number; totalSteps: number };

/** The factor on the learning rate at a step counted from 0: 0 .. 1. */
export function scheduleFactor(schedule: Schedule, step: number): number {
  if (schedule.kind === 'constant') return 1;
  const { warmupSteps, totalSteps } = schedule;
  if (step < warmupSteps) return (step + 1) / warmupSteps;
  const done = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
  return (1 + Math.cos(Math.PI * done)) / 2;
}
