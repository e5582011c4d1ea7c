import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { run } from './run.mjs';

const VERDACCIO = 'verdaccio@6.5.0';

/** Verdaccio on loopback: it keeps what is published to it and asks the user's own registry for the rest. */
export async function startRegistry(folder) {
  mkdirSync(folder, { recursive: true });
  const uplink = (await run('npm', ['config', 'get', 'registry'], { cwd: folder })).trim();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const config = {
    storage: './storage',
    auth: { htpasswd: { file: './htpasswd', max_users: -1 } },
    uplinks: { npm: { url: uplink, timeout: '60s', max_fails: 100 } },
    packages: {
      '@mmolre/*': { access: '$all', publish: '$all' },
      '**': { access: '$all', publish: '$all', proxy: 'npm' },
    },
    max_body_size: '200mb',
    log: { type: 'file', path: './log', level: 'warn' },
  };
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config)); // JSON is YAML
  const npmrc = `registry=${url}\n//127.0.0.1:${port}/:_authToken=any\n`;
  // It names one dependency by a tag, which not every mirror of the registry keeps.
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "overrides": { "node-fetch": "2.7.0" } }');
  await run('npm', ['install', VERDACCIO, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  const program = join(folder, 'node_modules/verdaccio/bin/verdaccio');
  const args = [program, '--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`];
  const server = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
  const ended = new Promise((done) => server.once('close', done));
  const stop = () => {
    server.kill();
    return ended;
  };
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}-/ping`).catch(() => undefined);
    if (answer?.ok) break;
    if (tries === 240 || server.exitCode !== null) throw new Error(`${VERDACCIO} does not answer on ${url}`);
    await new Promise((done) => setTimeout(done, 500));
  }
  const publish = async (tarball) => {
    writeFileSync(join(folder, '.npmrc'), npmrc);
    await run(
      'npm',
      ['publish', tarball, '--ignore-scripts', '--provenance=false', '--access=public', '--registry', url],
      {
        cwd: folder,
      },
    );
  };
  return { url, port, npmrc, publish, stop };
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
