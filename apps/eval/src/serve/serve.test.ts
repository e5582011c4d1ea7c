import { writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { malformed } from './__fixtures__/malformed';
import { question, send } from './__fixtures__/send';
import { type ServedRun, serveNewRun, tone } from './__fixtures__/served-run';

// The built program, asked over HTTP. `pnpm test:load` asks it longer, more, and by more clients at once, and prints what it found.

const REQUESTS = Number(process.env.MMOLRE_LOAD_REQUESTS ?? 120);
const SECONDS = Number(process.env.MMOLRE_LOAD_SECONDS ?? 2);
const CLIENTS = Number(process.env.MMOLRE_LOAD_CLIENTS ?? 12);
const print = process.env.MMOLRE_LOAD_SECONDS ? console.log : () => {};

let served: ServedRun;
beforeAll(async () => {
  served = await serveNewRun();
});
afterAll(() => served?.close());

const get = (path: string) => send(served.address, { path });
const text = 'I loved every minute of it';

test('the same scores as the command line; each modality alone; the experts', async () => {
  const clip = join(served.folder, 'clip.wav');
  writeFileSync(clip, tone(240, 8));
  const { status, text: json } = await send(
    served.address,
    await question([
      ['text', text],
      ['audio', tone(240, 8)],
    ]),
  );
  expect(status, json).toBe(200);
  const answered = JSON.parse(json);
  writeFileSync(join(served.folder, 'asked.csv'), `text,audio\n${text},clip.wav\n${text},\n`);
  const [both, alone] = served.predict(join(served.folder, 'asked.csv'));
  for (const [found, expected] of [
    [answered, both!],
    [answered.alone.text, alone!],
  ]) {
    expect(Math.abs(found.sentiment - expected.sentiment)).toBeLessThan(1e-4);
    for (const [name, value] of Object.entries<number>(expected.emotions))
      expect(Math.abs(found.emotions[name] - value)).toBeLessThan(1e-4);
  }
  expect(answered.cut).toBe(true);
  expect(answered.experts.audio[0].sentiment).toHaveLength(15);
});

test('the page, what it asks for, health and metrics', async () => {
  const page = await get('/');
  expect(page.headers['content-security-policy']).toMatch(
    /default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-/,
  );
  expect(page.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'permissions-policy': expect.stringContaining('microphone=(self)'),
  });
  const about = JSON.parse((await get('/api/about')).text);
  expect(about.clips.map(({ label }: { label: string }) => label)).toEqual([
    'a voice labelled happiness',
    'a voice labelled sadness',
    'a voice labelled anger',
  ]);
  expect((await get(about.clips[0].path)).headers['content-type']).toBe('audio/wav');
  expect(JSON.parse((await get('/health')).text)).toEqual({ status: 'ok', run: 'untrained' });
  expect((await get('/metrics')).text).toMatch(/^mmolre_requests_total\{status="200"\} \d+$/m);
});

test('a port that is taken, and one that is none, are refused on one line', () => {
  const { port } = new URL(served.address);
  expect(served.start('--port', port)).toMatch(/^eval: 127.0.0.1:\d+: something else listens there; --port 0 /m);
  expect(served.start('--port', '70000')).toContain('expected a whole number of 0 .. 65535');
});

test('what is malformed is refused, on one line that says why, and leaves the server as it was', async () => {
  await fc.assert(
    fc.asyncProperty(malformed, async (sent) => {
      const { status, text: body } = await send(served.address, await sent);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      if (body) expect(JSON.parse(body).error).toMatch(/^.+$/);
    }),
    { numRuns: REQUESTS },
  );
  print(`${REQUESTS} malformed requests, all refused with 4xx`);
  expect(await raw('no HTTP\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
  expect(await raw(`POST /api/answer HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toMatch(/^HTTP\/1.1 415 /);
  expect(await answerTo(Buffer.alloc(21e6))).toBe(413);
  expect(await answerTo(new Blob([Buffer.alloc(21e6)]).stream())).toBe(413); // of a length that is not told
  expect((await send(served.address, await question([['text', text]]))).status).toBe(200);
  expect(served.said()).not.toContain('error');
});

test(`${CLIENTS} clients at once: no error, steady memory; and SIGTERM drops nothing that was accepted`, async () => {
  const asking = await question([
    ['text', text],
    ['audio', tone(240, 6)],
  ]);
  const times: number[] = [];
  let [isEnding, dropped] = [false, 0];
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      const start = performance.now();
      try {
        const { status, text: body } = await send(served.address, asking, agent);
        expect(status, body).toBe(200);
        times.push(performance.now() - start);
      } catch (error) {
        if (!isEnding) throw error;
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') dropped += 1;
        return;
      }
    }
  };
  const memory: number[] = [];
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  const watching = (async () => {
    for (let second = 0; second < SECONDS; second++) {
      await sleep(1000);
      const found = /^process_resident_memory_bytes (\d+)/m.exec((await get('/metrics')).text);
      memory.push(Math.round(Number(found![1]) / 1e6));
    }
  })();
  await Promise.race([clients, watching]);
  const steady = times.length;
  isEnding = true;
  served.child.kill('SIGTERM');
  await clients;
  expect(await served.ended).toBe(0);
  expect(dropped).toBe(0);
  const sorted = times.slice(0, steady).sort((a, b) => a - b);
  const at = (share: number) => `${Math.round(sorted[Math.floor(share * (sorted.length - 1))]!)} ms`;
  print(
    `${CLIENTS} clients for ${SECONDS} s: ${steady} answers, no error; p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)}`,
  );
  print(
    `resident memory, MB: ${memory.filter((_, i) => i % Math.ceil(memory.length / 12) === 0).join(', ')}, ${memory.at(-1)}`,
  );
  print(`${times.length - steady} answers after SIGTERM, none dropped`);
  const [early, late] = [memory.slice(0, memory.length / 2), memory.slice(memory.length / 2)];
  if (SECONDS >= 20) expect(Math.max(...late)).toBeLessThan(1.1 * Math.max(...early));
});

/** The status that a body of a question gets, of `fetch`, which reads the answer before it has sent all. */
async function answerTo(body: Uint8Array<ArrayBuffer> | ReadableStream): Promise<number> {
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  const init = { method: 'POST', headers, body, duplex: 'half' };
  return (await fetch(new URL('api/answer', served.address), init)).status;
}

/** What comes back for these bytes. */
async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(served.address);
  const socket = connect(Number(port), hostname);
  socket.setEncoding('utf8').write(bytes);
  for await (const part of socket) {
    socket.destroy();
    return part;
  }
  return '';
}
