/**
 * `node --import @mmolre/backend/register program.js` gives a program that loads `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`, by `import` or by
 * `require`, this package's native backend instead. Those packages need not be installed.
 *
 * @module
 */
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const NAMES = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];
const url = new URL('./tfjs-node.js', import.meta.url).href;

type Next = (name: string, context: unknown) => unknown;
type Hooks = { resolve: (name: string, context: unknown, next: Next) => unknown };
const { registerHooks } = module as unknown as { registerHooks?: (hooks: Hooks) => void };
if (registerHooks) {
  registerHooks({
    resolve: (name, context, next) => (NAMES.includes(name) ? { url, shortCircuit: true } : next(name, context)),
  });
} else {
  // Node before 22.15: `import` asks a thread of its own, `require` this function.
  const ours = `${JSON.stringify(NAMES)}.includes(name) ? { url: ${JSON.stringify(url)}, shortCircuit: true }`;
  const hook = `export const resolve = (name, context, next) => ${ours} : next(name, context);`;
  module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
  type Resolve = (name: string, ...rest: unknown[]) => string;
  const loader = module as unknown as { _resolveFilename: Resolve };
  const resolveFilename = loader._resolveFilename;
  loader._resolveFilename = (name, ...rest) =>
    NAMES.includes(name) ? fileURLToPath(url) : resolveFilename(name, ...rest);
}
