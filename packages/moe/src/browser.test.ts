import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BrowserResult } from '../browser/page';

// The layer in a real browser, on webgl and wasm, against the plain JavaScript backend there. No browser is downloaded.

const executablePath = findChromium();
if (!executablePath)
  console.warn('browser left out: no chromium or google-chrome on the path, and MMOLRE_CHROMIUM unset');

describe.skipIf(!executablePath)('in the browser', () => {
  const results = new Map<string, Promise<BrowserResult>>();
  let folder: string;
  let server: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mmolre-browser-'));
    await build({
      ...{ config: false, entry: ['browser/page.ts'], outDir: folder, format: 'iife', platform: 'browser' },
      ...{ noExternal: [/./], silent: true, dts: false, target: 'es2022', define: { global: 'globalThis' } },
    });
    server = await serve(folder);
    // Software rendering, so that a machine without a GPU has webgl too.
    const args = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];
    browser = await chromium.launch({ executablePath, args });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function run(backend: string, form: string): Promise<BrowserResult> {
    const key = `${backend} ${form}`;
    if (!results.has(key)) results.set(key, page.evaluate(`runOn('${backend}', '${form}')`) as Promise<BrowserResult>);
    return results.get(key)!;
  }

  test.each([
    ['webgl', 'fused'],
    ['webgl', 'sparse'],
    ['wasm', 'fused'],
    ['wasm', 'loop'],
    ['wasm', 'sparse'],
  ])(
    '%s, %s: outputs, gradients and training within 1e-4 of the cpu backend; no tensor is left behind',
    async (backend, form) => {
      const expected = await run('cpu', 'fused');
      const found = await run(backend, form);
      expect(found.backend).toBe(backend);
      expect(Object.keys(found.values)).toEqual(Object.keys(expected.values));
      expect(expected.values.fit!.at(-1)).toBeLessThan(expected.values.fit![0]!);
      const far = Object.entries(found.values).filter(
        ([name, values]) => !isClose(values, expected.values[name]!, 1e-4),
      );
      expect(far).toEqual([]);
      expect(found.leaked).toBe(0);
    },
  );
});

/** Every difference is within the tolerance, of 1 or of the largest value, whichever is more. */
function isClose(found: number[], expected: number[], tolerance: number): boolean {
  const scale = Math.max(1, ...expected.map(Math.abs));
  return (
    found.length === expected.length && found.every((value, i) => Math.abs(value - expected[i]!) <= tolerance * scale)
  );
}

/** The path of an installed Chromium or Chrome. */
function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const onMac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  return [process.env.MMOLRE_CHROMIUM, ...onPath, onMac].find((path) => path && existsSync(path));
}

/** Serves the page, its bundle, and the wasm binaries of tfjs. */
async function serve(folder: string): Promise<Server> {
  const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  const server = createServer(({ url = '/' }, response) => {
    const [type, path] = url.startsWith('/wasm/')
      ? ['application/wasm', join(wasm, basename(url))]
      : ['text/javascript', join(folder, basename(url))];
    if (url === '/')
      return response.setHeader('content-type', 'text/html').end('<script src="/page.global.js"></script>');
    if (!existsSync(path)) return response.writeHead(404).end();
    response.setHeader('content-type', type).end(readFileSync(path));
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  return server;
}
