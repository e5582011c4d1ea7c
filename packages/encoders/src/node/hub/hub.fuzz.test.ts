import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectThat, FUZZ_TIMEOUT, type FuzzTarget, fuzz, mutateJson } from '@mmolre/files/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesOf } from '../../__fixtures__/hub-server';
import { findModel } from './find-model';

/** What a hub says and has, one for each folder of files to read. */
const served = new Map<string, { revision: unknown; tree: unknown }>();
const MODEL = 'someone/model';
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const content = filesOf(fileURLToPath(new URL('../../__fixtures__/bert-small', import.meta.url)));

const server = createServer((request, response) => {
  const [, slot, kind, path] =
    /^\/(\w+)\/(?:api\/models\/someone\/model\/(revision|tree)\/|(?:someone\/model\/resolve\/[^/]+\/(.+)))/.exec(
      new URL(request.url!, 'http://hub').pathname,
    ) ?? [];
  const said = served.get(slot ?? '');
  const bytes = content.get(path ?? '');
  if (kind) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(kind === 'tree' ? said?.tree : said?.revision) ?? '');
  } else if (bytes) {
    const [, first = '0', last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const part = bytes.subarray(Number(first), last ? Number(last) + 1 : undefined);
    const range = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
    response.writeHead(206, { etag: '"x"', 'content-length': part.length, 'content-range': range });
    response.end(part);
  } else response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end('not found');
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => server.closeAllConnections());
afterAll(() => new Promise((resolve) => server.close(resolve)));

const blobHash = (bytes: Buffer) => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
const answers = {
  revision: { _id: '1', id: MODEL, sha: COMMIT, lastModified: '2024-01-01T00:00:00Z' },
  tree: [...content].map(([path, bytes]) => ({
    ...{ type: 'file', path, size: bytes.length, oid: blobHash(bytes) },
    ...(path.endsWith('.safetensors') && {
      lfs: { oid: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, pointerSize: 130 },
    }),
  })),
};

const hub: FuzzTarget = {
  seeds: () => [Buffer.from(JSON.stringify(answers))],
  mutate: mutateJson,
  file: 'answers.json',
  async read(_path, folder, bytes) {
    const slot = basename(folder);
    try {
      served.set(slot, JSON.parse(bytes.toString()));
    } catch {
      served.set(slot, { revision: bytes.toString('latin1'), tree: bytes.toString('latin1') });
    }
    const cache = join(folder, 'cache');
    rmSync(cache, { recursive: true, force: true });
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${slot}`;
    try {
      const found = await findModel(`hf:${MODEL}`, {
        settings: { endpoint, cache, offline: false, token: undefined },
      });
      for (const name of readdirSync(found))
        expectThat(content.get(name)?.equals(readFileSync(join(found, name))) === true, () => `another ${name}`);
      expectThat(existsSync(join(found, 'model.safetensors')), () => 'no weights');
    } finally {
      expectThat(
        readdirSync(folder).every((name) => ['cache', 'answers.json'].includes(name)),
        () => 'beside the cache',
      );
    }
    return [];
  },
  named: /someone\/model|^[\w.]+\.(json|safetensors|txt): /,
  firstCheck: /for a commit|no answer about a model|not on http/,
  share: 0.5,
  lines: { files: /encoders\/src\/node\/hub\/(list-model|download-model|download-file)\.ts$/, share: 0.6 },
};

test(
  'hub: broken answers are refused in one line, and no file comes that is not what the hub has',
  async () => {
    expect(await fuzz('hub', hub)).toEqual([]);
  },
  FUZZ_TIMEOUT,
);
