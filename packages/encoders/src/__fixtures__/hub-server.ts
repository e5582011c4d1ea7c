import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

// For the tests: a server with the hub's paths, which can misbehave.

export type HubServer = {
  url: string;
  /** A line for each request that asked for a file's content: path and first byte. */
  served: string[];
  /** Changes a file's answer; true if it has answered by itself. */
  misbehave: ((path: string, from: number, content: Buffer, response: ServerResponse) => boolean) | undefined;
  /** Sees every request, and changes its answer; true if it has answered by itself. */
  refuse: ((path: string, response: ServerResponse, request: IncomingMessage) => boolean) | undefined;
  /** Where large files are served from: another server's address. */
  elsewhere: string;
  close(): Promise<void>;
};

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/**
 * Serves a folder as the model `name`, at the branch `main` and the commit `COMMIT`. Files above 10 kB are large ones, which the hub
 * names by SHA-256 and serves from elsewhere.
 */
export async function startHub(name: string, files: ReadonlyMap<string, Buffer>): Promise<HubServer> {
  const hash = (kind: string, ...parts: (string | Buffer)[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash(kind)).digest('hex');
  const isLarge = (content: Buffer) => content.length > 10_000;
  const tree = () =>
    [...files].map(([path, content]) => ({
      type: 'file',
      path,
      size: content.length,
      oid: hash('sha1', `blob ${content.length}\0`, content),
      ...(isLarge(content) ? { lfs: { oid: hash('sha256', content), size: content.length, pointerSize: 130 } } : {}),
    }));
  const state: Omit<HubServer, 'url' | 'close'> = {
    served: [],
    misbehave: undefined,
    refuse: undefined,
    elsewhere: '',
  };

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url!, 'http://hub');
    const json = (body: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const revision = '(?:main|0123456789abcdef0123456789abcdef01234567)';
    if (state.refuse?.(pathname, response, request)) return;
    if (new RegExp(`^/api/models/${name}/revision/${revision}$`).test(pathname)) {
      return void json({ _id: '1', id: name, sha: COMMIT, lastModified: '2024-01-01T00:00:00Z' });
    }
    if (new RegExp(`^/api/models/${name}/tree/${revision}$`).test(pathname)) return void json(tree());
    const [, place, path] = new RegExp(`^/(${name}/resolve/${revision}|elsewhere)/(.+)$`).exec(pathname) ?? [];
    const content = files.get(path ?? '');
    if (!content) {
      return void response.writeHead(404, { 'x-error-code': path ? 'EntryNotFound' : 'RepoNotFound' }).end('not found');
    }
    if (isLarge(content) && place !== 'elsewhere') {
      return void response.writeHead(302, { location: `${state.elsewhere}/elsewhere/${path}` }).end();
    }
    const [, first] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    const from = Number(first ?? 0);
    state.served.push(`${path} from ${from}`);
    if (state.misbehave?.(path!, from, content, response)) return;
    response.writeHead(first === undefined ? 200 : 206, {
      etag: `"${hash('sha256', content)}"`,
      'content-length': content.length - from,
      ...(first === undefined ? {} : { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
    });
    response.end(content.subarray(from));
  }

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

/** The files of a folder by name. */
export const filesOf = (folder: string): Map<string, Buffer> =>
  new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
