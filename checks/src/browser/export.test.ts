import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wavFile } from '@mmolre/audio';
import { type Explanation, explanationsOf, type Utterance } from '@mmolre/training/explanations';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeUntrainedRun } from '../../../apps/eval/src/serve/__fixtures__/served-run';
import { distance, type ExportedFacts, openExported } from '../../../apps/eval/src/web/exported';
import { axe } from './axe';
import { findBrowser, WEBGPU } from './open-page';

// What `eval export --web` writes, as a web server that knows nothing of it serves it.

const browser = findBrowser();
const PROGRAM = fileURLToPath(new URL('../../../apps/eval/dist/cli.js', import.meta.url));
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

const tone = Float32Array.from({ length: 16_000 }, (_, i) => Math.round(9_000 * Math.sin(i / (9 + i / 3000))) / 32_768);
const utterance: Utterance = { text: 'It was not <b>bad</b> at all', audio: tone };

describe.skipIf(!browser)('an exported page', () => {
  const root = mkdtempSync(join(tmpdir(), 'mmolre-export-'));
  const out = join(root, 'web');
  let server: Server;
  let headers: Record<string, string> = {};
  const asked: string[] = [];
  let address: string;
  let expected: Explanation;
  const open: Browser[] = [];
  const complaints: string[] = [];
  const elsewhere: string[] = [];

  beforeAll(async () => {
    const run = join(root, 'run');
    await writeUntrainedRun(run, fileURLToPath(new URL('../../../data/review-speech', import.meta.url)));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [PROGRAM, 'export', '--web', '--run', run, '--out', out],
      { encoding: 'utf8' },
    );
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(
      /^\d+\.\d MB; eight bits in place of 32, on 100 samples: the sentiment moves by 0\.\d+ in the mean/,
    );

    const facts = JSON.parse(readFileSync(join(out, 'model.json'), 'utf8')) as ExportedFacts;
    const files = facts.files.map(
      ({ name }) => [name, new Uint8Array(readFileSync(join(out, 'model', name)))] as const,
    );
    expected = explanationsOf(await openExported(facts, new Map(files)), [utterance])[0]!;
    server = createServer(({ url = '/' }, response) => {
      const name = url === '/' ? '/index.html' : url;
      asked.push(name);
      for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
      response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream');
      response.end(readFileSync(join(out, name)));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(async () => {
    for (const one of open) await one.close();
    server?.close();
    rmSync(root, { recursive: true });
  });

  async function openPage(...args: string[]): Promise<Page> {
    const running = await chromium.launch({ executablePath: browser!, args });
    open.push(running);
    const page = await running.newPage();
    page.setDefaultTimeout(30_000);
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on(
      'request',
      (request) =>
        !/^(blob|data):/.test(request.url()) && !request.url().startsWith(address) && elsewhere.push(request.url()),
    );
    await page.goto(address);
    return page;
  }

  /** The answer of a worker of the page's own, all digits of it. */
  const askWorker = (page: Page) =>
    page.evaluate(
      ({ text, audio }) =>
        new Promise<{ backend: string; explanation: Explanation }>((resolve, reject) => {
          const worker = new Worker('worker.js', { type: 'module' });
          let backend = '';
          worker.onmessage = ({ data }) => {
            if (data.kind === 'ready') backend = data.backend;
            if (data.kind === 'failed' || data.kind === 'refused') reject(new Error(data.error));
            if (data.kind === 'answer') resolve({ backend, explanation: data.explanation });
          };
          worker.postMessage({ id: 1, utterance: { text, audio: Float32Array.from(audio) } });
        }),
      { text: utterance.text!, audio: [...tone] },
    );

  test('computes by wasm what Node computes from the same files, to 1e-4', async () => {
    const page = await openPage();
    const { backend, explanation } = await askWorker(page);
    expect(backend).toBe('wasm');
    expect(distance(explanation, expected)).toBeLessThan(1e-4);
    expect(Object.keys(explanation.alone)).toEqual(['text', 'audio']);
  });

  test('takes the threads of wasm where its server isolates it from other origins', async () => {
    headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
    const threaded = '/tfjs-backend-wasm-threaded-simd.wasm';
    expect(asked).not.toContain(threaded);
    const { backend, explanation } = await askWorker(await openPage());
    headers = {};
    expect(asked).toContain(threaded);
    expect(backend).toBe('wasm');
    expect(distance(explanation, expected)).toBeLessThan(1e-4);
  });

  test('with WebGPU, whether that is right or not, says what Node says', async () => {
    const { explanation } = await askWorker(await openPage(...WEBGPU));
    expect(distance(explanation, expected)).toBeLessThan(1e-3);
  });

  test('answers a person, without a word to anybody else', async () => {
    const page = await openPage();
    await page.getByRole('status').filter({ hasText: 'computes here by wasm' }).waitFor();
    await page.getByLabel('What is said').fill(utterance.text!);
    const file = { name: 'tone.wav', mimeType: 'audio/wav', buffer: Buffer.from(wavFile(tone, 16_000)) };
    await page.getByLabel('Choose a recording').setInputFiles(file);
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByRole('columnheader', { name: 'Voice alone' }).waitFor();
    const sign = expected.sentiment! < 0 ? '−' : '+';
    const said = `${sign}${Math.abs(expected.sentiment!).toFixed(2)}`;
    await page.getByRole('status').filter({ hasText: `It says: ` }).filter({ hasText: said }).waitFor();
    expect(await page.evaluate(axe)).toEqual([]);
    expect([complaints, elsewhere]).toEqual([[], []]);
  });

  test('a folder of something else is not overwritten', () => {
    const other = join(root, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'thesis.txt'), 'mine');
    const { status, stderr } = spawnSync(
      process.execPath,
      [PROGRAM, 'export', '--web', '--run', join(root, 'run'), '--out', other],
      { encoding: 'utf8' },
    );
    expect([status, readFileSync(join(other, 'thesis.txt'), 'utf8')]).toEqual([1, 'mine']);
    expect(stderr).toContain('expected no folder, or that of an export, found something else');
  });
});
