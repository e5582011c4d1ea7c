import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCheck } from './run-check';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'metrics-check-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, ...lines: string[]) => {
  const path = join(folder, name);
  writeFileSync(path, lines.join('\n'));
  return path;
};
const checked = (predictions?: string, options = {}) => runCheck({ predictions, ...options });

test('prints claims, then metrics', async () => {
  const predictions = write('plain.csv', 'label,prediction', '1,2', '-1,-2', '2,-1');
  const claims = write('claims.csv', 'system,metric,value', 'A,mae,1.67', 'A,acc2_has0,66.7');
  const lines = (await checked(predictions, { claims })).split('\n');
  expect(lines.slice(0, 6)).toEqual([
    'Claims',
    'system  metric     published  verdict  because',
    '------  ---------  ---------  -------  ---------------',
    'A       mae        1.67       fits     computed 1.6667',
    'A       acc2_has0  66.7       fits     computed 0.6667',
    '',
  ]);
  expect(lines[6]).toBe('Sentiment, 3 samples');
});

test('a name that would move the cursor does not', async () => {
  const claims = write('escape.csv', 'system,metric,value', '\u001b[2JA\u202e,mae,0.5');
  expect(await checked(undefined, { claims })).toContain('\ufffd[2JA\ufffd');
});

test('errors name the file and the line', async () => {
  const bad = write('bad.csv', 'label,prediction', '1,2', '3,"4');
  await expect(checked(bad)).rejects.toThrow(/bad\.csv: line 3: a double quote is opened and never closed/);
  const claims = write('other.csv', 'system,metric,value', 'A,acc,1');
  await expect(checked(undefined, { claims })).rejects.toThrow(/other\.csv: line 2, column metric: expected mae/);
  await expect(checked(join(folder, 'nowhere.csv'))).rejects.toThrow(/nowhere\.csv: no such file/);
  await expect(checked(folder)).rejects.toThrow('expected a file, found a folder');
  await expect(checked()).rejects.toThrow('check: expected a file of predictions, or --claims, or both');
});
