import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { axe } from './axe';
import { findBrowser } from './open-page';

// The checker of @mmolre/metrics as built, opened as a file: what it shows, and that anybody can use it.

const browser = findBrowser();
const file = fileURLToPath(import.meta.resolve('@mmolre/metrics/package.json')).replace(
  /package\.json$/,
  'dist/checker.html',
);

const csv = (name: string, ...lines: string[]) => ({
  ...{ name, mimeType: 'text/csv', buffer: Buffer.from(lines.join('\n')) },
});
const predictions = csv(
  'predictions.csv',
  'id,sentiment_label,sentiment,fear_label,fear',
  ...Array.from(
    { length: 40 },
    (_, i) => `${i},${(i % 7) - 3},${((i * 3) % 7) - 3},${Number(i % 9 === 0)},0.${i + 10}`,
  ),
);
const claims = csv(
  'claims.csv',
  'system,metric,value',
  '<script>alert(1)</script>,surprise_accuracy,91.7',
  '<script>alert(1)</script>,surprise_f1,87.8',
);

describe.skipIf(!browser)('the checker page', () => {
  let running: Browser;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    running = await chromium.launch({ executablePath: browser! });
    page = await running.newPage();
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => request.url().startsWith('file:') || faults.push(`asks for ${request.url()}`));
  });
  afterAll(() => running?.close());
  beforeEach(async () => {
    faults = [];
    await page.goto(pathToFileURL(file).href);
  });

  const said = (text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();
  async function choose() {
    await page.getByLabel('Predictions, a CSV file').setInputFiles(predictions);
    await page.getByLabel('Published numbers, a CSV file').setInputFiles(claims);
    await said('Done.');
    await page.getByRole('heading', { name: 'Claims' }).waitFor();
  }

  test('shows every table, and cells as the text that they are', async () => {
    await choose();
    const titles = await page.getByRole('heading', { level: 2 }).allTextContents();
    expect(titles).toEqual([
      ...['Claims', 'Sentiment, 40 samples', 'Emotions, 40 samples', 'Confusion matrices'],
      ...['Seven classes of sentiment', 'Calibration'],
    ]);
    const claim = page.getByRole('region', { name: 'Claims' }).getByRole('row').nth(2);
    expect(await claim.getByRole('rowheader').textContent()).toBe('<script>alert(1)</script>');
    expect(await claim.textContent()).toContain('the all-negative (or all-positive) predictor, weights by truth');
    expect(await page.locator('script').count()).toBe(1);
    expect(faults).toEqual([]);
  });

  test('says what is wrong with a file, and goes on with the next', async () => {
    const input = page.getByLabel('Predictions, a CSV file');
    await input.setInputFiles(csv('bad.csv', 'label,prediction', '1,<b>'));
    await said('bad.csv: line 2, column prediction: expected a number, found "<b>"');
    await input.setInputFiles(predictions);
    await said('Done.');
    await page.getByLabel('Thresholds of emotions').fill('joy=1');
    await page.keyboard.press('Enter');
    await said('thresholds: expected one of fear, found "joy"');
    expect(faults).toEqual([]);
  });

  test('takes a file that is dropped on its field', async () => {
    const field = page.locator('.field', { has: page.getByLabel('Predictions, a CSV file') });
    const dropped = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['label,prediction\n1,2\n-1,-1'], 'dropped.csv'));
      return transfer;
    });
    await field.dispatchEvent('drop', { dataTransfer: dropped });
    await page.getByRole('heading', { name: 'Sentiment, 2 samples' }).waitFor();
    expect(faults).toEqual([]);
  });

  test('may ask the network for nothing', async () => {
    const answer = await page.evaluate(() => fetch('https://example.invalid/').then(String, (error) => String(error)));
    expect(answer).toContain('Failed to fetch');
    expect(faults.join()).toContain('Content Security Policy');
  });

  test.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)('%s, %i pixels wide: axe finds nothing, and nothing sticks out', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 844 });
    await choose();
    expect(await page.evaluate(axe)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(faults).toEqual([]);
  });
});
