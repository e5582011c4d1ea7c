/**
 * Tells User Timing what took from one time to another, in milliseconds of `performance.now()`; to now, where no other is given. Observers
 * see it; the timeline keeps nothing, which would grow with every step.
 */
export function userTiming(name: string, start: number, end = performance.now()): void {
  performance.measure(name, { start, end });
  performance.clearMeasures(name);
}
