import { median } from '../statistics';
import type { Step } from './default-steps';

/** How many times native's time a step on wasm may take. */
export const BUDGET = 3;

/** Medians in ms; `cpu` is of all cores together. */
export type Ratio = { steps: string; metric: 'time' | 'cpu'; wasm: number; native: number; ratio: number };

const KINDS = [
  { steps: 'first epoch, frozen layers too', has: ({ epoch }: Step) => epoch === 1 },
  { steps: 'later epochs', has: ({ epoch }: Step) => epoch > 1 },
];

/** Of the steps that compute what the frozen layers make of their texts, and of those that know it. */
export function backendRatios({ wasm, native }: Record<'wasm' | 'native', readonly Step[]>): Ratio[] {
  return KINDS.flatMap(({ steps, has }) =>
    (['time', 'cpu'] as const).map((metric) => {
      const of = (all: readonly Step[]) =>
        median(all.filter(has).map((step) => (metric === 'time' ? step.ms : step.cpuMs)));
      return { steps, metric, wasm: of(wasm), native: of(native), ratio: of(wasm) / of(native) };
    }),
  );
}
