// `pnpm --filter trainer start …`: builds what the app needs, then runs it.
import { build, runApp } from './lib.mjs';

const [name, ...args] = process.argv.slice(2);
build(`@mmolre/${name}`);
process.exitCode = await runApp(`apps/${name}`, args);
