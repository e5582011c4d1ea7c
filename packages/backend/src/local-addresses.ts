import { once } from 'node:events';
import { createServer } from 'node:net';

/** Free ports of loopback as `127.0.0.1:port`: for workers that are all on this machine. */
export async function localAddresses(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const addresses = servers.map((server) => `127.0.0.1:${(server.address() as { port: number }).port}`);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return addresses;
}
