import { runWorker } from '../node-worker';
import { median, quantile } from '../statistics';
import { type Axis, multiplyAdds, PASSES, type Pass, type Size } from './axes';
import { growthOf } from './growth';
import type { Calls } from './measure';
import type { CostMeasure } from './page';

type Answer = { runsOn: string; passes: Record<Pass, Calls> };

export type AxesOptions = { rounds: number; progress: (doing: string) => void };

/** Measures every size of some axes in so many processes of its own, one after another: in each round all sizes, so that a slow minute is no size's alone. */
export function measureAxes(axes: readonly Axis[], { rounds, progress }: AxesOptions) {
  const sizes = new Map(axes.flatMap(({ values, size }) => values.map((value) => [keyOf(size(value)), size(value)])));
  const answers = new Map([...sizes.keys()].map((key) => [key, [] as Answer[]]));
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}, ${sizes.size} sizes`);
    for (const key of sizes.keys()) answers.get(key)!.push(runWorker<Answer>('cost', key));
  }
  const runsOn = new Set([...answers.values()].flatMap((some) => some.map((answer) => answer.runsOn)));
  const measures = axes.flatMap((axis) =>
    (Object.keys(PASSES) as Pass[]).map((pass): CostMeasure => {
      const points = axis.values.map((value) => {
        const size = axis.size(value);
        const calls = answers.get(keyOf(size))!.map(({ passes }) => passes[pass]);
        return { value, multiplyAdds: PASSES[pass] * multiplyAdds(size), ...summary(calls) };
      });
      return { name: `${axis.name}, ${pass}`, axis: axis.name, pass, rounds, ...growthOf(points), points };
    }),
  );
  return { measures, runsOn };
}

const keyOf = (size: Size) => JSON.stringify(size);

/** Of all calls of a few processes. */
function summary(processes: readonly Calls[]) {
  const times = processes.flatMap(({ ms }) => ms);
  const peaks = processes.flatMap(({ mib }) => mib ?? []);
  return {
    ms: median(times),
    spreadMs: quantile(times, 0.75) - quantile(times, 0.25),
    mib: peaks.length > 0 ? median(peaks) : null,
  };
}
