// `pnpm test:kill [kills] [seed]`: real training processes, killed so often (200 if not said otherwise) at every named point and at random times, and held
// against one never stopped; a quarter of an hour and more, where `npm test` takes seconds.
import { runTrainerTest } from './lib.mjs';

const [kills = '200', seed = '1'] = process.argv.slice(2);
for (const number of [kills, seed]) {
  if (/^[1-9]\d*$/.test(number)) continue;
  console.error(`kill: expected numbers, found ${number}`);
  process.exit(1);
}
runTrainerTest('src/kill.test.ts', { MMOLRE_KILLS: kills, MMOLRE_KILL_SEED: seed });
