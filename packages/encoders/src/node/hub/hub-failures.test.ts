import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { COMMIT, filesOf, type HubServer, startHub } from '../../__fixtures__/hub-server';
import { findPlace } from '../find-place';
import { findModel } from './find-model';
import type { HubPatience, HubSettings } from './hub-settings';
import { retryAfter } from './retry-after';

const folder = fileURLToPath(new URL('../../__fixtures__/roberta-small', import.meta.url));
const WEIGHTS = 'model.safetensors';
const SOURCE = 'hf:someone/roberta';
/** What an earlier run left in the cache, before the branch moved to `COMMIT`. */
const OLD_COMMIT = 'fedcba9876543210fedcba9876543210fedcba98';
const TOKEN = 'hf_neverShown';
const PATIENCE: HubPatience = {
  answerSeconds: 60,
  answerBytes: 100_000,
  stallSeconds: 60,
  retrySeconds: 0.0625,
  pauseSeconds: 0.015625,
};

let hub: HubServer;
let cdn: HubServer;
let settings: HubSettings;
let lines: string[];
let files: Map<string, Buffer>;
beforeEach(async () => {
  files = filesOf(folder);
  hub = await startHub('someone/roberta', files);
  cdn = await startHub('someone/roberta', files);
  hub.elsewhere = cdn.url;
  const cache = await mkdtemp(join(tmpdir(), 'mmolre-hub-'));
  settings = { endpoint: hub.url, cache, offline: false, token: TOKEN, patience: PATIENCE };
  lines = [];
});
afterEach(async () => {
  await hub.close();
  await cdn.close();
  await rm(settings.cache, { recursive: true, force: true });
});

const log = (line: string) => void lines.push(line);
const find = (change: Partial<HubSettings> = {}) => findModel(SOURCE, { settings: { ...settings, ...change }, log });
/** The line that an attempt ends with. */
const problem = () =>
  find().then(
    (found) => `found ${found}`,
    ({ message }: Error) => message,
  );
const home = () => join(settings.cache, 'models--someone--roberta');

/** Puts a whole copy of an older commit into the cache, as the branch's. */
async function cacheOldCommit(): Promise<string> {
  const old = join(home(), 'snapshots', OLD_COMMIT);
  await cp(folder, old, { recursive: true });
  await mkdir(join(home(), 'refs'), { recursive: true });
  await writeFile(join(home(), 'refs/main'), OLD_COMMIT);
  return old;
}

/** Writes for as long as the connection lasts. */
function writeForEver(response: ServerResponse, bytes: string | Buffer, milliseconds: number): void {
  const timer = setInterval(() => response.write(bytes), milliseconds);
  response.once('close', () => clearInterval(timer));
}

type Answer = (response: ServerResponse, path: string) => void;
const status =
  (code: number): Answer =>
  (response) =>
    response.writeHead(code, { 'content-type': 'application/json' }).end('{"error":"no"}');
const silence: Answer = () => {};
const page: Answer = (response) =>
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html><p>Log in to the guest network');
const circle: Answer = (response, path) => response.writeHead(302, { location: path }).end();
const text =
  (content: string): Answer =>
  (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(content);
const headersOnly: Answer = (response) =>
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
const trickle: Answer = (response) => {
  headersOnly(response, '');
  writeForEver(response, ' ', 20);
};
/** What only a deadline ends: it is a short one where it is awaited, so that a slow machine spoils no other test. */
const isEndless = (answer: Answer) => [silence, headersOnly, trickle].includes(answer);
const flood: Answer = (response) => {
  headersOnly(response, '');
  writeForEver(response, Buffer.alloc(20_000, 32), 1);
};
const cut: Answer = (response) => {
  response.writeHead(200, { 'content-length': 1000 });
  response.write('{"sha": "0123', () => setTimeout(() => response.destroy(), 20));
};
const BOMB = gzipSync(Buffer.alloc(50e6));
const bomb: Answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB);

const NETWORK = 'check the network and HF_ENDPOINT, or download the model elsewhere and give its folder';
const NO_ACCESS = 'check the name; your token (HF_TOKEN, or the login’s) may have expired or have no access';
const A_PAGE = 'does a proxy, or the log-in page of this network, answer in its place? check HF_ENDPOINT';
const STRANGE = 'answered with something that is no list of files';

/** What is said of an answer about the model: HUB is the hub's address. */
const LISTINGS: [string, Answer, string, string][] = [
  ['401', status(401), 'HUB does not give it out (status 401)', NO_ACCESS],
  ['403', status(403), 'HUB does not give it out (status 403)', NO_ACCESS],
  ['404', status(404), 'not on HUB (status 404)', 'check the name and the revision'],
  ['418', status(418), "HUB answered with status 418 (I'm a Teapot)", 'check HF_ENDPOINT'],
  ['429', status(429), 'HUB answered with status 429 (Too Many Requests), 4 times', 'try again later'],
  ['500', status(500), 'HUB answered with status 500 (Internal Server Error), 4 times', 'try again later'],
  ['no answer', silence, 'HUB gave no whole answer within 0.3 s', NETWORK],
  ['headers, then nothing', headersOnly, 'HUB gave no whole answer within 0.3 s', NETWORK],
  ['a byte every now and then', trickle, 'HUB gave no whole answer within 0.3 s', NETWORK],
  ['bytes without end', flood, 'HUB answered with more than 100000 bytes', 'check HF_ENDPOINT'],
  ['a gzip bomb', bomb, 'HUB answered with more than 100000 bytes', 'check HF_ENDPOINT'],
  ['a page in HTML', page, 'HUB answered with an HTML page', A_PAGE],
  ['redirects in a circle', circle, 'HUB redirects in a circle', NETWORK],
  ['an answer cut short', cut, 'HUB broke off (UND_ERR_SOCKET)', NETWORK],
  ['half of an answer', text('{"sha": "0123'), `HUB ${STRANGE}`, 'check HF_ENDPOINT'],
  ['null', text('null'), `HUB ${STRANGE}`, 'check HF_ENDPOINT'],
  ['a commit that is none', text('{"sha": "../../.."}'), `HUB ${STRANGE}`, 'check HF_ENDPOINT'],
];

describe('instead of what it knows about a model, the hub gives', () => {
  test.each(LISTINGS)('%s', async (_, answer, reason, advice) => {
    if (isEndless(answer)) settings.patience = { ...PATIENCE, answerSeconds: 0.3 };
    hub.refuse = (path, response) => {
      answer(response, path);
      return true;
    };
    const said = `${SOURCE}: ${reason.replace('HUB', hub.url)}`;
    expect(await problem()).toBe(`${said}; ${advice}`);
    expect(existsSync(home())).toBe(false);
    lines = [];
    const old = await cacheOldCommit();
    expect(await find()).toBe(old);
    expect(lines).toEqual([`${said}; used in its place: the copy in the cache, main at commit ${OLD_COMMIT}`]);
  });

  test('no connection', async () => {
    await hub.close();
    const said = `${SOURCE}: ${hub.url} could not be reached (ECONNREFUSED)`;
    expect(await problem()).toBe(`${said}; ${NETWORK}`);
    const old = await cacheOldCommit();
    expect(await find()).toBe(old);
    expect(lines).toEqual([`${said}; used in its place: the copy in the cache, main at commit ${OLD_COMMIT}`]);
  });

  test.each([
    ['an object', '{}'],
    ['files without a size', '[{"type":"file","path":"config.json"}]'],
    ['a size below 0', '[{"type":"file","path":"config.json","size":-1}]'],
    ['a hash that leaves the folder', `[{"type":"file","path":"config.json","size":1,"oid":"../${'a'.repeat(37)}"}]`],
  ])('%s for the list of files', async (_, list) => {
    hub.refuse = (path, response) => {
      if (!path.includes('/tree/')) return false;
      text(list)(response, path);
      return true;
    };
    expect(await problem()).toBe(`${SOURCE}: ${hub.url} ${STRANGE}; check HF_ENDPOINT`);
    expect(existsSync(home())).toBe(false);
  });

  test('a list of files whose next part is always another one', async () => {
    let part = 0;
    hub.refuse = (path, response) => {
      if (!path.includes('/tree/')) return false;
      response.writeHead(200, { link: `<${hub.url}${path}?part=${++part}>; rel="next"` }).end('[]');
      return true;
    };
    expect(await problem()).toBe(`${SOURCE}: ${hub.url} lists files without end; check HF_ENDPOINT`);
  });
});

const WEIGHTS_SIZE = filesOf(folder).get(WEIGHTS)!.length;
const WEIGHTS_HASH = createHash('sha256').update(filesOf(folder).get(WEIGHTS)!).digest('hex');
const STOPPED = (bytes: string) => `the download stopped at ${bytes} of ${WEIGHTS_SIZE} bytes: HUB`;
const KEPT = 'what came is kept: run it again to go on';
const REFUSED = 'not the file that HUB lists, so it is refused and removed: ';

/** What is said of an answer with the weights; * is some text. */
const DOWNLOADS: [string, Answer, string, string][] = [
  ['401', status(401), 'HUB does not give it out (status 401)', NO_ACCESS],
  ['404', status(404), 'not on HUB (status 404)', 'check the name and the revision'],
  ['429', status(429), 'HUB answered with status 429 (Too Many Requests), 4 times', 'try again later'],
  ['503', status(503), 'HUB answered with status 503 (Service Unavailable), 4 times', 'try again later'],
  ['no answer', silence, `${STOPPED('0')} sent 0 bytes in 0.25 s`, KEPT],
  ['headers, then nothing', headersOnly, `${STOPPED('0')} sent 0 bytes in 0.25 s`, KEPT],
  ['a byte every now and then', trickle, `${STOPPED('*')} sent * bytes in 0.25 s`, KEPT],
  ['redirects in a circle', circle, `${STOPPED('0')} redirects in a circle`, KEPT],
  ['a page in HTML', page, 'HUB answered with an HTML page', A_PAGE],
  ['a file that is too short', text('{}'), `${STOPPED('2')} ended too early`, KEPT],
  ['another file', text('a'.repeat(WEIGHTS_SIZE)), `${REFUSED}its SHA-256 should be * but is *`, 'run it again'],
  ['bytes without end', flood, `${REFUSED}it has * bytes, not ${WEIGHTS_SIZE}`, 'run it again'],
  ['a gzip bomb', bomb, `${REFUSED}it has * bytes, not ${WEIGHTS_SIZE}`, 'run it again'],
];

describe('instead of a file, the hub gives', () => {
  test.each(DOWNLOADS)('%s', async (_, answer, reason, advice) => {
    const misbehave: HubServer['misbehave'] = (path, _from, _content, response) => {
      if (path !== WEIGHTS) return false;
      answer(response, `/elsewhere/${path}`);
      return true;
    };
    const line = (end: string) => {
      const text = `${SOURCE}: ${WEIGHTS}: ${reason.replace('HUB', hub.url)}; ${end}`;
      return new RegExp(`^${text.replace(/[.()?]/g, '\\$&').replaceAll('*', '\\w+')}$`);
    };
    await find();
    await rm(join(home(), 'blobs', WEIGHTS_HASH));
    cdn.misbehave = misbehave;
    const patience = isEndless(answer) ? { ...PATIENCE, stallSeconds: 0.25 } : PATIENCE;
    await expect(find({ patience })).rejects.toThrow(line(advice));
    expect(existsSync(join(home(), 'blobs', WEIGHTS_HASH))).toBe(false);
    await expect(find({ offline: true })).rejects.toThrow('not in the cache');
    cdn.misbehave = undefined;
    const found = await find().catch(find); // a first time for what is left of a wrong file
    expect(readFileSync(join(found, WEIGHTS)).equals(files.get(WEIGHTS)!)).toBe(true);
    expect(readdirSync(join(home(), 'blobs')).some((name) => name.endsWith('incomplete'))).toBe(false);

    await rm(join(home(), 'blobs', WEIGHTS_HASH));
    const old = await cacheOldCommit();
    lines = [];
    cdn.misbehave = misbehave;
    expect(await find({ patience })).toBe(old);
    expect(lines).toEqual([
      expect.stringMatching(line(`used in its place: the copy in the cache, main at commit ${OLD_COMMIT}`)),
    ]);
  });

  test('nothing for a file of the copy that was cut short: that copy is not used', async () => {
    const found = await find();
    await truncate(join(found, WEIGHTS), 100);
    cdn.misbehave = (_path, _from, _content, response) => {
      status(403)(response, '');
      return true;
    };
    await expect(find()).rejects.toThrow(`${WEIGHTS}: ${hub.url} does not give it out (status 403)`);
    await expect(find({ offline: true })).rejects.toThrow('not in the cache');
  });
});

test.skipIf(!existsSync('/dev/full'))('a full disk is said, and not hidden by the copy in the cache', async () => {
  await cacheOldCommit();
  const incomplete = join(home(), 'blobs', `${WEIGHTS_HASH}.${process.pid}.incomplete`);
  await mkdir(join(home(), 'blobs'));
  await symlink('/dev/full', incomplete);
  expect(await problem()).toBe(
    `${incomplete}: could not be written (ENOSPC: no space left on device, write); what came is kept`,
  );
});

describe('a busy hub', () => {
  /** Answers so for the first requests of each kind. */
  const busy = (times: number, headers: Record<string, string>) => {
    const left = new Map<string, number>();
    return (kind: string, response: ServerResponse) => {
      const still = (left.get(kind) ?? times) - 1;
      left.set(kind, still);
      if (still >= 0) response.writeHead(429, headers).end();
      return still >= 0;
    };
  };

  test('is asked again, for the list and for each file, after pauses that grow', async () => {
    const isBusy = busy(2, {});
    hub.refuse = (path, response) => path.startsWith('/api/') && isBusy(path, response);
    cdn.misbehave = (path, _from, _content, response) => isBusy(path, response);
    expect(await find()).toBe(join(home(), 'snapshots', COMMIT));
    const twice = (what: string) =>
      [0.015625, 0.03125].map(
        (seconds) => `${what}: ${hub.url} answered with status 429 (Too Many Requests); asking again in ${seconds} s`,
      );
    expect(lines).toEqual([SOURCE, SOURCE, `${SOURCE}: tokenizer.json`, `${SOURCE}: ${WEIGHTS}`].flatMap(twice));
  });

  test('says how long to wait', async () => {
    const isBusy = busy(1, { 'retry-after': '1' });
    hub.refuse = (path, response) => path.includes('/revision/') && isBusy(path, response);
    await find({ patience: { ...PATIENCE, retrySeconds: 1 } });
    expect(lines).toEqual([`${SOURCE}: ${hub.url} answered with status 429 (Too Many Requests); asking again in 1 s`]);
    await rm(settings.cache, { recursive: true });
    settings.patience = { ...PATIENCE, retrySeconds: 1 };
    hub.refuse = busy(9, { 'retry-after': '1' });
    expect(await problem()).toBe(
      `${SOURCE}: ${hub.url} answered with status 429 (Too Many Requests), 2 times; try again later`,
    );
  });

  test('is not waited for longer than our patience', async () => {
    hub.refuse = busy(1, { 'retry-after': '3600' });
    const said = `${SOURCE}: ${hub.url} answered with status 429 (Too Many Requests) and asks to wait 3600 s`;
    expect(await problem()).toBe(`${said}; try again after that`);
    expect(lines).toEqual([]);
  });

  test.each([
    [null, 0],
    ['17', 17],
    ['Sat, 28 Nov 2026 12:00:30 GMT', 30],
    ['Sat, 28 Nov 2026 11:00:00 GMT', 0],
    ['soon', 0],
    ['-1', 0],
  ])('with Retry-After: %s asks for %d s', (header, seconds) => {
    expect(retryAfter(header, Date.parse('2026-11-28T12:00:00Z'))).toBe(seconds);
  });

  test('is asked once a process for what every seed of a run opens', async () => {
    const old = await cacheOldCommit();
    let asked = 0;
    hub.refuse = (_path, response) => {
      asked++;
      status(403)(response, '');
      return true;
    };
    vi.stubEnv('HF_ENDPOINT', hub.url);
    vi.stubEnv('HF_HUB_CACHE', settings.cache);
    const places = [await findPlace(SOURCE, log), await findPlace(SOURCE, log)];
    vi.unstubAllEnvs();
    expect(places.map(({ name }) => name)).toEqual([old, old]);
    expect([asked, lines.length]).toEqual([1, 1]);
  });
});

describe('the token', () => {
  test('goes to the hub, and to no other host', async () => {
    const seen = { hub: new Map<string, string | undefined>(), cdn: new Map<string, string | undefined>() };
    hub.refuse = (path, response, request) => {
      seen.hub.set(path, request.headers.authorization);
      if (!path.includes('/tree/')) return false;
      response.writeHead(200, { link: `<${cdn.url}${path}>; rel="next"` }).end('[]');
      return true;
    };
    cdn.refuse = (path, _response, request) => {
      seen.cdn.set(path, request.headers.authorization);
      return false;
    };
    await find();
    expect(new Set(seen.hub.values())).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(seen.cdn).toEqual(
      new Map([
        [`/api/models/someone/roberta/tree/${COMMIT}`, undefined],
        ['/elsewhere/tokenizer.json', undefined],
        [`/elsewhere/${WEIGHTS}`, undefined],
      ]),
    );
  });
});
