// `npm start`: builds, trains the default run (or what the arguments say) and evaluates it.
import { build, runApp } from './lib.mjs';

build();
const args = process.argv.slice(2);
process.exitCode = await runApp('apps/trainer', args);
const only = ['--help', '-h', '--seeds'].some((flag) => args.includes(flag));
if (process.exitCode === 0 && !only) process.exitCode = await runApp('apps/eval', []);
