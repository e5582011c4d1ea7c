/**
 * How the learning rate runs over a training: it rises over `warmupSteps` (0 if left out), and then stays (`constant`), or falls to zero at
 * `totalSteps`, in a straight line (`linear`) or down a half cosine (`cosine`).
 */
export type Schedule = { warmupSteps?: number } & (
  | { kind: 'constant' }
  | { kind: 'linear' | 'cosine' /** The warm-up's among them. */; totalSteps: number }
);

/**
 * The factor on the learning rate at a step counted from 0: 0 .. 1.
 *
 * After the warm-up it is that of the `get_…_schedule_with_warmup` of Hugging Face's transformers. In the warm-up it is what theirs is a step
 * later, (step + 1) / warmupSteps: their first step has a rate of 0 and changes nothing.
 */
export function scheduleFactor(schedule: Schedule, step: number): number {
  const { warmupSteps = 0 } = schedule;
  if (step < warmupSteps) return (step + 1) / warmupSteps;
  if (schedule.kind === 'constant') return 1;
  const done = Math.min(1, (step - warmupSteps) / Math.max(1, schedule.totalSteps - warmupSteps));
  return schedule.kind === 'linear' ? 1 - done : (1 + Math.cos(Math.PI * done)) / 2;
}
