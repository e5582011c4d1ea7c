import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ServedRun, serveNewRun } from '../../../apps/eval/src/serve/__fixtures__/served-run';
import { expectUsable } from './axe';
import { findBrowser } from './open-page';

// The page of `eval serve`, as a person meets it: with a mouse, the keyboard, a microphone, and without one.

const browser = findBrowser();

/** Keeps the bytes of the recording that the page sends. */
const KEEP_SENT = `{
  const { fetch } = globalThis;
  globalThis.fetch = async (path, request) => {
    const clip = request?.body?.get('audio');
    if (clip) globalThis.sent = [...new Uint8Array(await clip.arrayBuffer())];
    return fetch(path, request);
  };
}`;
/** The browser's own note on an answer of that status, which the page shows. */
const REFUSED = /status of 422/;

describe.skipIf(!browser)('the page of eval serve', () => {
  let served: ServedRun;
  let running: Browser;
  /** What the page's console said besides notes. */
  const complaints: string[] = [];

  beforeAll(async () => {
    served = await serveNewRun();
    const args = ['--use-fake-device-for-media-stream', '--disable-background-networking', '--no-first-run'];
    running = await chromium.launch({ executablePath: browser!, args });
  });
  afterAll(async () => {
    await running?.close();
    await served?.close();
  });

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await running.newContext(options)).newPage();
    page.setDefaultTimeout(15_000);
    page.on(
      'console',
      (message) => message.type() === 'error' && !REFUSED.test(message.text()) && complaints.push(message.text()),
    );
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.addInitScript(KEEP_SENT);
    await page.goto(served.address);
    await page.getByRole('button', { name: 'a voice labelled anger' }).waitFor();
    return page;
  }

  const answerOf = async (page: Page, act: () => Promise<void>) => {
    const [response] = await Promise.all([page.waitForResponse('**/api/answer'), act()]);
    await page.getByRole('status').filter({ hasText: 'It says' }).waitFor();
    return response.json();
  };

  test('light, dark and 390 px wide: everybody can use it, and nothing stands out of it', async () => {
    const page = await open();
    await answerOf(page, () => page.getByRole('button', { name: 'a voice labelled anger' }).click());
    await page.getByLabel('What is said').fill('What a waste of time');
    await answerOf(page, () => page.getByRole('button', { name: 'Ask' }).click());
    await page.getByRole('columnheader', { name: 'Voice alone' }).waitFor();
    await expectUsable(page);
  });

  test('by the keyboard alone; what is typed stays text', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'a voice labelled anger' }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.type(`<script>document.title = 'gone'</script><b>good</b>`);
    await answerOf(page, () => page.keyboard.press('Enter'));
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Record');
    const name = `<img src=x onerror="document.title='gone'">.wav`;
    const buffer = readFileSync(join(served.folder, 'data/0.wav'));
    await page.getByLabel('Choose a recording').setInputFiles({ name, mimeType: 'audio/wav', buffer });
    await page.getByText(name).waitFor();
    expect(await page.title()).toBe('MMoLRE: try it');
    expect(await page.locator('main img, main b').count()).toBe(await page.locator('.bar b').count());
  });

  test('a recording of the microphone has the scores that the command line gives its file', async () => {
    const page = await open({ permissions: ['microphone'] });
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await page.waitForTimeout(800);
    const answered = await answerOf(page, () => page.getByRole('button', { name: 'Stop' }).click());
    const clip = join(served.folder, 'recorded.wav');
    writeFileSync(clip, Buffer.from(await page.evaluate<number[]>('sent')));
    const expected = served.predict('--audio', clip)[0]!;
    expect(Math.abs(answered.sentiment - expected.sentiment)).toBeLessThan(1e-4);
    for (const [emotion, value] of Object.entries(expected.emotions))
      expect(Math.abs(answered.emotions[emotion] - value)).toBeLessThan(1e-4);
  });

  test('where the microphone is not allowed, where nothing is given and where it is no recording, it says what to do', async () => {
    const page = await open();
    const says = (words: string) => page.getByRole('status').filter({ hasText: words }).waitFor();
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await says('Allow it for this page, beside the address, and press Record again; or choose a recording.');
    await page.getByRole('button', { name: 'Ask' }).click();
    await says('Type a sentence, record one, or choose a recording first.');
    const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no recording') };
    await page.getByLabel('Choose a recording').setInputFiles(notes);
    await page.getByRole('button', { name: 'Ask' }).click();
    await says('Audio: not audio: expected wav, flac, mp3, ogg vorbis or opus');
  });

  test('the console has no complaint', () => expect(complaints).toEqual([]));
});
