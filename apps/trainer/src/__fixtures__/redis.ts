import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { localAddresses } from '@mmolre/backend';
import { findProgram, howToGet } from '@mmolre/files';

export const hasRedis = findProgram('redis-server') !== undefined;
export const NO_REDIS = `there is no redis-server: ${howToGet('redis-server', 'brew install redis')}`;

/** A real Redis in a folder, that keeps every write on the disk before it answers. */
export type RedisServer = {
  url: string;
  /** Kills it by SIGKILL, and starts it again on what it has kept. */ restart(awaySeconds: number): Promise<void>;
  stop(): Promise<void>;
};

export async function startRedis(folder: string): Promise<RedisServer> {
  const [address] = await localAddresses(1);
  const port = Number(address!.split(':')[1]);
  const start = async () => {
    const options = { port, bind: '127.0.0.1', dir: folder, appendonly: 'yes', appendfsync: 'always' };
    const words = Object.entries({ ...options, 'maxmemory-policy': 'noeviction', save: '' });
    const server = spawn(
      'redis-server',
      words.flatMap(([name, value]) => [`--${name}`, `${value}`]),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise<void>((ready, reject) => {
      server.once('exit', () => reject(new Error('redis-server ended')));
      server.stdout.on('data', (text) => `${text}`.includes('Ready to accept connections') && ready());
    });
    return server;
  };
  const end = async (server: ChildProcess) => {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  let server = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    async restart(awaySeconds) {
      await end(server);
      await sleep(awaySeconds * 1000);
      server = await start();
    },
    stop: () => end(server),
  };
}
