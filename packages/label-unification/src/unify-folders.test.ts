import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@mmolre/backend';
import { readCorpus } from '@mmolre/datasets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseUnifiedCsv } from './unified-csv';
import { type UnifyFoldersOptions, unifyFolders } from './unify-folders';

// With a tiny BERT of random weights, so that only the paths count, not the labels.

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const goEmotions = path('./__fixtures__/goemotions');
const folder = mkdtempSync(join(tmpdir(), 'mmolre-unify-folders-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function labelFolder(name: string, rows: string): string {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'label.csv'), `video_id,clip_id,text,label,mode\n${rows}`);
  return join(folder, name);
}
const reviews = labelFolder(
  'reviews',
  'v,1,a wonderful film,2,train\nv,2,nobody rated this,,train\nv,3,terrible,-3,valid\n',
);

beforeAll(async () => {
  await useBackend({ backend: 'wasm', log: () => {} });
});

async function unify(targets: string, options: Partial<UnifyFoldersOptions> = {}) {
  const lines: string[] = [];
  const { folder: at, samples } = await readCorpus(targets);
  const found = await unifyFolders(
    { folder: at.root, samples },
    {
      sources: [{ folder: goEmotions }],
      model: path('../../encoders/src/__fixtures__/bert-small'),
      rule: 'mmolre',
      top: 1,
      cache: false,
      log: (line) => lines.push(line),
      ...options,
    },
  );
  return { ...found, lines };
}

test('folders in, labels of training samples and both files out', async () => {
  const { labels, csv, html, lines } = await unify(reviews, { sources: [{ name: 'go', folder: goEmotions }] });
  const rows = parseUnifiedCsv(csv, 'x');
  expect(rows.map(({ targetId, emotions }) => [targetId, emotions])).toEqual([['v/1', ['happiness']]]);
  expect(rows[0]!.sourceId).toBe(labels[0]!.match!.source.id);
  expect(rows[0]!.sourceId).toMatch(/^go:/);
  expect(html).toContain('reviews: 1 samples; 1 without sentiment left out');
  expect(html).toContain('<td>not labelled</td>');
  expect(lines[0]).toMatch(/^source go: \d+ samples/);
});

test('validation and test samples by a flag, which the page repeats', async () => {
  const { csv, html } = await unify(reviews, { evaluation: true });
  expect(parseUnifiedCsv(csv, 'x').map(({ split }) => split)).toEqual(['train', 'valid']);
  expect(html).toContain('<strong>1 validation and test samples have unified labels');
});

test('what cannot be done is one line', async () => {
  const twice = { sources: [{ folder: goEmotions }, { folder: goEmotions }] };
  await expect(unify(reviews, twice)).rejects.toThrow(
    "there is a source 'goemotions' already; write another name=folder",
  );
  const itself = { sources: [{ folder: reviews }] };
  await expect(unify(reviews, itself)).rejects.toThrow('these are the targets themselves (train, valid, test)');
  const leaking = { ...itself, sourceSplits: ['valid'] as const };
  await expect(unify(reviews, leaking)).rejects.toThrow(
    'these are the targets themselves (valid); name another data set',
  );
  const unrated = labelFolder('unrated', 'v,1,a film,,train\nv,2,good,2,test\n');
  await expect(unify(unrated)).rejects.toThrow('no training sample has a sentiment; nothing to label');
});
