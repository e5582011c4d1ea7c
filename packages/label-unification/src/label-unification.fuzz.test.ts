import { expectThat, FUZZ_TIMEOUT, type FuzzTarget, fuzz, mutateTable, mutateText } from '@mmolre/files/test';
import { expect, test } from 'vitest';
import { readSimcseData } from './simcse/simcse-data';
import type { UnifiedLabel } from './types';
import { readUnifiedCsv, type UnifiedRow, unifiedCsv } from './unified-csv';

const target = { id: '-v1/1', split: 'train', text: 'so, "so"', polarity: 'positive', source: 'a' } as const;
const source = { id: '=b/2', split: 'train', text: "it's\nfine", polarity: 'positive', source: 'b' } as const;
const match = { source, similarity: 0.75, secondSimilarity: -0.5 };
const labels = [
  { target, emotions: ['happiness', 'surprise'], match },
  { target: { ...target, id: 'v1/2' }, emotions: [], match },
  { target: { ...target, id: 'v2/1', split: 'test' } },
] as unknown as UnifiedLabel[];

const checkRow = ({ targetId, split, emotions, similarity }: UnifiedRow) => {
  expectThat(targetId !== '' && ['train', 'valid', 'test'].includes(split), () => `${targetId} in ${split}`);
  expectThat(similarity === undefined || Math.abs(similarity) <= 1, () => `similarity ${similarity}`);
  expectThat(new Set(emotions).size === (emotions?.length ?? 0), () => `emotions ${emotions}`);
};

const simcse = (file: string, seed: string, mutate: FuzzTarget['mutate'], firstCheck: RegExp): FuzzTarget => ({
  seeds: () => [Buffer.from(seed)],
  mutate,
  file,
  async read(path) {
    const { data } = await readSimcseData(path);
    const texts = data.kind === 'supervised' ? data.triplets.flatMap((one) => Object.values(one)) : data.texts;
    expectThat(
      texts.every((text) => text.trim() === text && text !== ''),
      () => JSON.stringify(texts),
    );
    return [];
  },
  firstCheck,
  share: 0.7,
  lines: { files: /label-unification\/src\/simcse\/simcse-data\.ts$/, share: 0.2 },
});

const targets: Record<string, FuzzTarget> = {
  'unified.csv': {
    seeds: () => [Buffer.from(unifiedCsv(labels))],
    mutate: mutateTable(',', { hasHead: true }),
    file: 'unified.csv',
    async read(path) {
      for (const row of await readUnifiedCsv(path)) checkRow(row);
      return [];
    },
    firstCheck: /missing column|expected CSV/,
    share: 0.6,
    lines: { files: /label-unification\/src\/unified-csv\.ts$/, share: 0.6 },
  },
  'triplets for SimCSE': simcse(
    'nli.csv',
    'sent0,sent1,hard_neg\nA dog runs,"An animal, moving",It sleeps\nb,c,d\ne,f,g\n',
    mutateTable(',', { hasHead: true }),
    /expected columns|expected CSV|at least 2 triplets/,
  ),
  'sentences for SimCSE': simcse('texts.txt', 'One here.\nAnother there.\n\nA third\n', mutateText, /never/),
};

test.each(Object.entries(targets))(
  '%s: broken files are read or refused in one line',
  async (name, target) => {
    expect(await fuzz(name, target)).toEqual([]);
  },
  FUZZ_TIMEOUT,
);
