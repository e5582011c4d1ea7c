// `pnpm bench <name>`: builds what the benchmarks need, then runs one.
import { build, runApp } from './lib.mjs';

build('benchmarks', ...(process.argv[2] === 'paired' ? ['trainer'] : []));
process.exitCode = await runApp('benchmarks', process.argv.slice(2));
