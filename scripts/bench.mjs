// `pnpm bench <name>`: builds what the benchmarks need, then runs one.
import { build, runApp } from './lib.mjs';

const apps = { paired: ['./apps/trainer'], startup: ['./apps/trainer', './apps/eval'] };
build('benchmarks', ...(apps[process.argv[2]] ?? []));
process.exitCode = await runApp('benchmarks', process.argv.slice(2));
