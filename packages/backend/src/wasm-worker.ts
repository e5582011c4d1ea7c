// A thread of the WebAssembly backend: what tfjs gives a browser's worker to run, which knows Node's workers, too.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { THREADED } from './threaded-wasm';

const require = createRequire(import.meta.url);
const { wasmWorkerContents } = require(`${THREADED}.worker.js`) as { wasmWorkerContents: string };
// It stands in a template there, which made line ends of what its strings spell.
const script = wasmWorkerContents.replaceAll('\n', '\\n');
compileFunction(script, ['require', '__filename'])(require, fileURLToPath(import.meta.url));
