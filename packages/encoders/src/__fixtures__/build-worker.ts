import { build } from 'tsup';

/** Brings dist/onnx-worker.js up to date: worker threads run what is built, also in the tests. */
export default () =>
  build({ entry: ['src/onnx-worker.ts'], format: ['esm'], target: 'node20', config: false, silent: true, clean: false });
