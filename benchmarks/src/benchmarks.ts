import type { Benchmark } from './benchmark';

/** Loaded when asked for, so that a timed process holds only what it times. */
const loaders: Record<string, () => Promise<Benchmark>> = {
  encoders: async () => (await import('../encoders.bench')).encoders,
  inference: async () => (await import('../inference.bench')).inference,
  moe: async () => (await import('../moe.bench')).moe,
  step: async () => (await import('../step.bench')).step,
  search: async () => (await import('../search.bench')).search,
};

export const benchmarkNames = Object.keys(loaders);

/** @throws If there is none of that name. */
export async function loadBenchmark(name: string): Promise<Benchmark> {
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
  if (!load) throw new Error(`bench: expected ${benchmarkNames.join(', ')}, got '${name}'`);
  return load();
}
