import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openLog } from './run-log';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('is cut off where a checkpoint knows it, and goes on from there', () => {
  const path = join(folder, 'metrics.jsonl');
  const log = openLog(path, 0);
  log.append({ step: 1 });
  const bytes = log.sync();
  log.append({ step: 2 });
  log.close();
  appendFileSync(path, '{"step":3,"lo');
  const again = openLog(path, bytes);
  again.append({ step: 2, again: true });
  again.close();
  expect(readFileSync(path, 'utf8')).toBe('{"step":1}\n{"step":2,"again":true}\n');
});

test('one that is shorter than that, and one that cannot be written, are told by their path', () => {
  const path = join(folder, 'short.jsonl');
  appendFileSync(path, '{}\n');
  expect(() => openLog(path, 4)).toThrow(`${path}: expected at least 4 bytes, which the checkpoint knows of, found 3`);
  mkdirSync(join(folder, 'a-folder'));
  expect(() => openLog(join(folder, 'a-folder'), 0)).toThrow(/a-folder: could not be written: /);
});
