// `pnpm test:workers [seed]`: one training by several real processes, which are killed and stopped 20 times at random and at each named point, also
// by four, and in network namespaces (which takes root); a quarter of an hour, where `npm test` takes one minute.
import { runTrainerTest } from './lib.mjs';

const [seed = '1'] = process.argv.slice(2);
if (!/^[1-9]\d*$/.test(seed)) {
  console.error(`workers: expected a number, found ${seed}`);
  process.exit(1);
}
runTrainerTest('src/workers/workers.test.ts', { MMOLRE_WORKERS_LONG: '1', MMOLRE_KILL_SEED: seed });
