import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repository } from '../copy-repository';
import { expectUsable } from './axe';
import { findBrowser } from './open-page';

// The documentation as it is built, given to the browser file by file: what it asks for besides is told.

const browser = findBrowser();
const site = join(repository, 'docs/.vitepress/dist');
const files = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'));
// All of the guide; of the packages' pages, which are laid out alike, one.
const pages = files
  .filter((file) => !file.includes('/') || file === 'packages/moe.html')
  .filter((file) => file !== '404.html');

describe.skipIf(!browser)('the site', () => {
  let running: Browser;
  beforeAll(async () => {
    running = await chromium.launch({ executablePath: browser! });
  });
  afterAll(() => running?.close());

  /** A page of the site, and what the browser complained of or could not have. */
  async function open(file: string) {
    const page = await running.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.route('**', (route) => {
      const { origin, pathname } = new URL(route.request().url());
      const path = join(site, pathname);
      if (origin === 'http://site.test' && existsSync(path)) return route.fulfill({ path });
      complaints.push(route.request().url());
      return route.abort();
    });
    await page.goto(`http://site.test/${file}`, { waitUntil: 'networkidle' });
    return { page, complaints };
  }

  test.each(pages)('%s: everybody can use it, nothing stands out of it, and it asks for nothing', async (file) => {
    const { page, complaints } = await open(file);
    await expectUsable(page);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('finds a word', async () => {
    const { page, complaints } = await open('index.html');
    await page.keyboard.press('Control+k');
    await page.locator('#localsearch-input').fill('TaskMoeLayer');
    await page.locator('#localsearch-list a').first().waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });
});
