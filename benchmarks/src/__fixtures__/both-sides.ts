import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Case, NodeSide, Work } from '../benchmark';
import { differences } from '../differences';
import { makeFiles, startSide } from '../side';
import { openTensors, writeTensors } from '../tensor-file';

/** A Python with PyTorch and transformers, without which both sides cannot be compared. */
export const python = process.env.MMOLRE_PYTHON;

/** Uses a side's work in this process. */
export async function withWork<R>(one: Case, side: NodeSide, use: (work: Work, folder: string) => Promise<R>) {
  const folder = mkdtempSync(join(tmpdir(), 'mmolre-bench-test-'));
  try {
    const dataFile = join(folder, 'data.safetensors');
    tf.tidy(() => writeTensors(dataFile, one.data()));
    if (one.files) makeFiles(python!, one.files, folder);
    const file = openTensors(dataFile);
    const work = await side(file);
    file.close();
    return await use(work, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What both sides compute, before either has run, by name; and how they differ. */
export async function bothSides(one: Case): Promise<{ keys: readonly string[]; differences: string[] }> {
  return withWork(one, one.ours as NodeSide, async (work, folder) => {
    const [ours, theirs] = [join(folder, 'ours.safetensors'), join(folder, 'theirs.safetensors')];
    writeTensors(ours, await work.results());
    if (typeof one.theirs === 'function') {
      await withWork(one, one.theirs, async (work) => writeTensors(theirs, await work.results()));
    } else {
      const dataFile = join(folder, 'data.safetensors');
      const side = await startSide('theirs', { benchmark: '', one, dataFile, python: () => python! });
      try {
        await side.results(theirs);
        await side.run();
      } finally {
        await side.end();
      }
    }
    const [a, b] = [openTensors(ours), openTensors(theirs)];
    const found = { keys: a.keys, differences: differences(a, b) };
    a.close();
    b.close();
    return found;
  });
}
