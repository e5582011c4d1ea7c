import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
const PAGE = '<!doctype html><title>checks</title><script type="module" src="/page.js"></script>';

/** A web server on this machine alone: a page that runs the script, and the files of each folder below its name. */
export async function serveFolders(script: Uint8Array, folders: Record<string, string>) {
  const contents = (path: string): string | Uint8Array | undefined => {
    if (path === '/') return PAGE;
    if (path === '/page.js') return script;
    const [, name, ...rest] = path.split('/');
    const folder = folders[name!];
    if (folder === undefined || rest.includes('..')) return undefined;
    const file = join(folder, ...rest);
    return existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined;
  };
  const server = createServer(({ url = '/' }, response) => {
    const path = decodeURIComponent(new URL(url, 'http://here').pathname);
    const body = contents(path);
    if (body === undefined) return response.writeHead(404).end();
    response.setHeader(
      'content-type',
      path === '/' ? 'text/html' : (TYPES[extname(path)] ?? 'application/octet-stream'),
    );
    response.end(body);
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/`, close: () => server.close() };
}
