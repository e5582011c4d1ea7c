import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { serveFolders } from './serve-folders';

/** A page in a headless browser. */
export type OpenPage = {
  /** Calls a function that the page's script put on `globalThis`, with values that are JSON. */
  call<T>(name: string, ...values: unknown[]): Promise<T>;
  close(): Promise<void>;
};

const FLAGS = [
  // Software rendering, so that a machine without a GPU has webgl too.
  ...['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
  // Nothing goes out of the machine.
  ...[
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-quic',
    '--no-first-run',
  ],
];

/** Beside those, for WebGPU without a GPU. */
export const WEBGPU = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
];

/** An installed Chromium or Chrome; undefined where there is none, and one line says what is left out. None is downloaded. */
export function findBrowser(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const onMac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  const found = [process.env.MMOLRE_CHROMIUM, ...onPath, onMac].find((path) => path && existsSync(path));
  if (!found) console.warn('browsers left out: no chromium or google-chrome on the path, and MMOLRE_CHROMIUM unset');
  return found;
}

/**
 * Bundles a script of this folder with all that it imports, as built, and opens it in a browser. What it asks its own server for: the binaries of
 * tfjs at `/wasm/`, and the files of the given folders at their names, `/name/…`.
 *
 * @param flags Of the browser, beside those that every page here has.
 */
export async function openPage(
  browser: string,
  script: string,
  folders: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<OpenPage> {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL(script, import.meta.url))],
    ...{
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2023',
      define: { global: 'globalThis' },
    },
  });
  const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  const server = await serveFolders(bundle.outputFiles[0]!.contents, { ...folders, wasm });
  const running = await chromium.launch({ executablePath: browser, args: [...FLAGS, ...flags] });
  const page = await running.newPage();
  await page.goto(server.address);
  return {
    call: (name, ...values) => page.evaluate(`${name}(${values.map((value) => JSON.stringify(value)).join()})`),
    async close() {
      await running.close();
      server.close();
    },
  };
}
