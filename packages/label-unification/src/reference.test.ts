import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@mmolre/backend';
import { describeEachBackend } from '@mmolre/backend/test';
import { readCorpus } from '@mmolre/datasets';
import { miniLmFolder } from '@mmolre/encoders/node';
import { cacheFolder } from '@mmolre/files';
import { describe, expect, test } from 'vitest';
import { donorsOf } from './donors';
import { loadSentences } from './pretrained-sentences';
import { unifyLabels } from './unify-labels';

// The whole procedure beside scripts/reference/label_unification/unify.py, with the real all-MiniLM-L6-v2.

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const minilm = existsSync(join(miniLmFolder(), 'model.safetensors')) ? miniLmFolder() : undefined;
if (!minilm) console.warn(`the real all-MiniLM-L6-v2 left out: not in ${miniLmFolder()}, where fetchMiniLm() puts it`);

/** MELD may not be in this repository: it is read where it lies beside it. */
const meldFolder = [path('../../../../shared/data/meld'), path('../../../shared/data/meld')].find((folder) =>
  existsSync(join(folder, 'train_sent_emo.csv')),
);
const python = process.env.MMOLRE_REFERENCE_PYTHON;
if (!meldFolder || !python) {
  const what = meldFolder
    ? 'MMOLRE_REFERENCE_PYTHON names no Python with transformers'
    : 'there is no shared/data/meld';
  console.warn(`MELD beside Python left out: ${what}`);
}

type Expected = Record<string, [emotions: string[], source: string, similarity: number, second: number]>;

/** Every target of dev, its donor among train. */
async function unified(folder: string, cache?: string) {
  const corpus = await readCorpus(folder);
  const name = corpus.layout;
  const { sources: targets } = donorsOf(corpus, { name: 'target', splits: ['valid'] });
  const { sources } = donorsOf(corpus, { name, splits: ['train'] });
  const encoder = await loadSentences(minilm!, { pooling: 'mean', ...(cache && { cache: { folder: cache } }) });
  return unifyLabels(
    targets.map((target) => ({ ...target, id: target.id.slice('target:'.length) })),
    sources,
    { encoder },
  );
}

function expectEqual(labels: Awaited<ReturnType<typeof unified>>, expected: Expected): void {
  const found = labels.map(({ target, emotions, match }) => [target.id, emotions, match!.source.id]);
  const wanted = labels.map(({ target: { id } }) => [id, ...(expected[id]?.slice(0, 2) ?? [])]);
  expect(found).toEqual(wanted);
  expect(labels).toHaveLength(Object.keys(expected).length);
  const apart = labels.flatMap(({ target, match }) => {
    const [, , similarity, second] = expected[target.id]!;
    return [Math.abs(match!.similarity - similarity), Math.abs(match!.secondSimilarity! - second)];
  });
  expect(Math.max(...apart)).toBeLessThan(1e-5);
}

describe.skipIf(!minilm)('beside Python', () => {
  describeEachBackend('a few comments of GoEmotions', () => {
    test('have its labels, sources and similarities', { timeout: 120_000 }, async () => {
      const folder = path('./__fixtures__/goemotions');
      expectEqual(await unified(folder), JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')));
    });
  });

  test.skipIf(!meldFolder || !python)('all of MELD has them too', { timeout: 900_000 }, async () => {
    await useBackend({ log: () => {} });
    const work = mkdtempSync(join(tmpdir(), 'mmolre-meld-'));
    try {
      const script = path('../../../scripts/reference/label_unification/unify.py');
      execFileSync(python!, ['-B', script, minilm!, meldFolder!, join(work, 'expected.json')], { stdio: 'pipe' });
      const labels = await unified(meldFolder!, join(cacheFolder(), 'sentences'));
      expectEqual(labels, JSON.parse(readFileSync(join(work, 'expected.json'), 'utf8')));
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
});
