import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { plainFile } from '@mmolre/files';
import type { Place } from '../place';
import { openSafetensors } from './safetensors-file';

/** The files of a folder. Tensors are read from the disk one at a time. */
export function folderPlace(folder: string): Place {
  const has = async (file: string) => (await stat(join(folder, file)).catch(() => undefined))?.isFile() ?? false;
  return {
    name: folder.replace(/(?<=.)\/+$/, ''),
    has,
    read: async (file) =>
      readFile(plainFile(join(folder, file))).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
        throw new Error(`${join(folder, file)}: could not be read: ${error.message}`);
      }),
    tensors: async (file) => ((await has(file)) ? openSafetensors(join(folder, file)) : undefined),
    async hash(files) {
      const hash = createHash('sha256');
      for (const file of files) {
        if (!(await has(file))) continue;
        hash.update(`${file} `);
        await pipeline(createReadStream(join(folder, file), { highWaterMark: 1 << 20 }), hash, { end: false });
      }
      return hash.digest('hex');
    },
    below: (name) => folderPlace(join(folder, name)),
  };
}
