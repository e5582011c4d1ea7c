import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { StderrRedirect } from './quiet-stderr';

const require = createRequire(import.meta.url);

/** The JavaScript of tfjs-node-gpu: what `build-binding.mjs` makes of `node-backend.ts`. */
export const nodeBackend = (): typeof import('./node-backend') => require('../dist/node-backend.cjs');

/** Loads the addon of a folder and makes it tfjs's backend `tensorflow`. @returns TensorFlow's version. */
export function startAddon(folder: string): string {
  const binding = require(join(folder, 'tfjs_binding.node')) as { TF_Version: string };
  nodeBackend().registerNodeBackend(binding);
  return binding.TF_Version;
}

export const loadRedirect = (folder: string): StderrRedirect => require(join(folder, 'stderr_redirect.node'));
