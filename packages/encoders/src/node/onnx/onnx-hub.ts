import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_FILE } from '../../checkpoint/weight-files';
import { SMALL_FILES } from '../hub/encoder-files';
import type { HubFiles } from '../hub/find-on-hub';
import { WEIGHTS_BESIDE } from './onnx-session';

/**
 * What an ONNX encoder needs of a model on the hub: its form, its tokenizer, and an ONNX file with the weights beside it (`NAME_data`).
 *
 * @param names Where the ONNX file may be; the first that the model has is taken.
 */
export const onnxFiles = (names: readonly string[]): HubFiles => ({
  async *wanted(files, _folder, place) {
    const onnx = names.find((path) => files.has(path));
    if (!onnx) {
      const present = [...files].filter((path) => path.endsWith('.onnx'));
      throw new Error(
        `${place}: expected ${names.join(' or ')}, not there; its ONNX files: ${present.join(', ') || 'none'}`,
      );
    }
    const all = [...SMALL_FILES, ...WEIGHTS_BESIDE.map((suffix) => `${onnx}${suffix}`), onnx];
    yield* all.filter((path) => files.has(path));
  },
  areIn: async (folder) =>
    existsSync(join(folder, CONFIG_FILE)) && names.some((name) => existsSync(join(folder, name))),
});
