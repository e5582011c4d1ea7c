import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { epochEvent, gatesEvent, startEvent, stepEvent } from './__fixtures__/events';
import { type Fault, type TrackioServer, trackioServer } from './__fixtures__/trackio-server';
import { trackio } from './trackio';
import type { WatchedEvent } from './watcher';

const root = mkdtempSync(join(tmpdir(), 'mmolre-trackio-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let files = 0;
const newIdFile = () => join(root, `id${++files}`);

const servers: TrackioServer[] = [];
async function serve(faults?: Fault[]) {
  const server = await trackioServer(faults);
  servers.push(server);
  return server;
}
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const target = (url: string, idFile = newIdFile()) => ({
  url,
  project: 'mosi',
  run: 'compact-seed1',
  idFile,
  retrySeconds: [0.01, 0.02, 0.03],
});
async function send(options: ReturnType<typeof target>, events: readonly WatchedEvent[]) {
  const watcher = trackio(options);
  for (const event of events) watcher.event(event);
  await watcher.close();
}
const summary = ({ rows }: TrackioServer) => rows.map(({ step, metrics }) => [step, metrics['train/loss']]);

test('gets every number at its step, and histograms', async () => {
  const server = await serve();
  await send(target(server.url), [
    startEvent(0),
    stepEvent(1),
    stepEvent(2),
    stepEvent(3),
    epochEvent(3),
    gatesEvent(3),
  ]);
  expect(server.rows.map(({ project, run }) => `${project} ${run}`)).toEqual(new Array(5).fill('mosi compact-seed1'));
  expect(server.rows.map(({ step }) => step)).toEqual([1, 2, 3, 3, 3]);
  expect(server.rows[0]!.metrics).toEqual({ 'train/loss': 1, 'train/learningRate': 1e-3 });
  expect(server.rows[1]!.metrics).toMatchObject({ 'train/loss': 1 / 2, 'train/samplesPerSecond': 8 });
  expect(server.rows[3]!.metrics).toMatchObject({ 'valid/loss': 1.25, 'valid/sentiment/mae': 3.5 / 3 });
  expect(server.rows[3]!.metrics).not.toHaveProperty('valid/sentiment/corr');
  expect(server.rows[4]!.metrics).toEqual({
    'gates/text/block1/sentiment': {
      _type: 'trackio.histogram',
      bins: [0, 0.25, 0.5, 0.75, 1],
      values: [1, 1, 2, 0],
    },
    'experts/text/block1/sentiment': { _type: 'trackio.histogram', bins: [-0.5, 0.5, 1.5, 2.5], values: [0, 2, 2] },
  });
});

test('the same numbers when the server fails first, drops the connection, and then answers only half', async () => {
  const server = await serve([
    { kept: false, answer: (response) => response.writeHead(500).end('{"error":"database is locked"}') },
    { kept: false, answer: (response) => response.socket!.destroy() },
    {
      kept: true,
      answer: (response) => {
        response.writeHead(200, { 'content-length': 14 }).write('{"data"', () => response.socket!.destroy());
      },
    },
  ]);
  await send(target(server.url), [startEvent(0), stepEvent(1), stepEvent(2)]);
  expect(summary(server)).toEqual([
    [1, 1],
    [2, 1 / 2],
  ]);
  expect(server.requests()).toBe(4);
});

test('numbers that JSON lacks go as Trackio writes them', async () => {
  const server = await serve();
  await send(target(server.url), [startEvent(0), stepEvent(1, Number.NaN), stepEvent(2, Number.POSITIVE_INFINITY)]);
  expect(summary(server)).toEqual([
    [1, 'NaN'],
    [2, 'Infinity'],
  ]);
});

test('a training that goes on stays one run, without a step twice; one that starts anew is another', async () => {
  const server = await serve();
  const options = target(server.url);
  await send(options, [startEvent(0), stepEvent(1), stepEvent(2), stepEvent(3)]);
  await send(options, [startEvent(1), stepEvent(2), stepEvent(3), stepEvent(4)]);
  expect(server.rows.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  const [first] = server.rows;
  expect(server.rows.every(({ run_id }) => run_id === first!.run_id)).toBe(true);
  await send(options, [startEvent(0), stepEvent(1)]);
  expect(server.rows).toHaveLength(5);
  expect(server.rows[4]!.run_id).not.toBe(first!.run_id);
});

test('sends before the end: some events at a time', async () => {
  const server = await serve();
  const watcher = trackio(target(server.url));
  for (const event of [startEvent(0), stepEvent(1), stepEvent(2)]) watcher.event(event);
  await vi.waitFor(() => expect(server.rows).toHaveLength(2), { timeout: 20_000 });
  expect(server.requests()).toBe(1);
  watcher.event(stepEvent(3));
  await watcher.close();
  expect(server.rows).toHaveLength(3);
  expect(server.requests()).toBe(2);
});

test('a server that is gone, one that refuses and one that is another: one line, without the token', async () => {
  const server = await serve();
  server.close();
  const events = [startEvent(0), stepEvent(1)];
  await expect(send(target(server.url), events)).rejects.toThrow(
    /^http:\/\/127\.0\.0\.1:\d+\/: connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
  );
  const other = await serve();
  await expect(send(target(other.url.replace('secret', 'wrong')), events)).rejects.toThrow(
    /^http:\/\/127\.0\.0\.1:\d+\/ answered 400 \{"error":"A write_token is required"\}$/,
  );
  expect(other.requests()).toBe(1);
  const pages = await serve([{ kept: false, answer: (response) => response.end('<html>') }]);
  await expect(send(target(pages.url), events)).rejects.toThrow(/^http:\/\/127\.0\.0\.1:\d+\/ answered 200 <html>$/);
  expect(() => trackio(target('localhost:7860'))).toThrow(
    'trackio url: expected one such as http://127.0.0.1:7860, found localhost:7860',
  );
});

test('once it has given up, the next event throws', async () => {
  const server = await serve([{ kept: false, answer: (response) => response.writeHead(400).end('no') }]);
  const watcher = trackio(target(server.url));
  watcher.event(startEvent(0));
  watcher.event(stepEvent(1));
  await vi.waitFor(() => expect(() => watcher.event(stepEvent(2))).toThrow('answered 400 no'), { timeout: 20_000 });
  await expect(watcher.close()).rejects.toThrow('answered 400 no');
  expect(server.requests()).toBe(1);
});
