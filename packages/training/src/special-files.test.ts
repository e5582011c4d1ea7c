import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeSpecialFile, SPECIAL_FILES } from '@mmolre/files/test';
import { afterAll, describe, expect, test } from 'vitest';
import { loadModel } from './checkpoint';
import { readState } from './checkpoints';
import { resolveConfig } from './resolve-config';
import { openLog } from './run-log';
import { readRecord } from './run-record';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-special-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(SPECIAL_FILES)('%s where a file is expected is refused in one line', (kind) => {
  const found = kind === '/dev/zero' ? 'a device' : 'a pipe';
  const at = (name: string) => {
    placeSpecialFile(kind, join(folder, name));
    return join(folder, name);
  };

  test('as a configuration or the log of a run', () => {
    const config = at('run.yaml');
    expect(() => resolveConfig({ preset: 'quick', file: config, set: [] })).toThrow(
      `--config ${config}: expected a file, found ${found}`,
    );
    expect(() => openLog(at('metrics.jsonl'), 0)).toThrow(`metrics.jsonl: expected a file, found ${found}`);
  });

  test.each([
    ['config.json', () => loadModel(folder)],
    ['training.json', () => readState(folder)],
    ['run.json', () => readRecord(folder)],
  ])('as %s', async (name, read) => {
    const path = at(name);
    await expect(read()).rejects.toThrow(`${path}: expected a file, found ${found}`);
  });
});
