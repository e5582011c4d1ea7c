import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { basename } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { EMOTIONS } from '@mmolre/datasets';
import { loadTrainedRun } from '@mmolre/training';
import { createApp } from './create-app';
import { exampleClips } from './example-clips';
import { isLoopback } from './guard';
import { LIMITS } from './limits';

export type ServeOptions = {
  /** Folder of a trained run. */ run: string;
  /** Where to listen, by name or address, */ host: string;
  /** and on which port; 0: any that is free. */ port: number;
  /** Aborted to end it. */ signal: AbortSignal;
  log: (line: string) => void;
};

/** A form takes some bytes besides its recording. */
const MAXIMA = { maxCharacters: LIMITS.textCharacters, maxBytes: LIMITS.bodyBytes - 100_000 };
/** Made by `page/build-page.mjs`, beside the program. */
const PAGE = new URL('./page.html', import.meta.url);
/** After the end was asked for, open connections may still ask for so long; with its answer each is closed. */
const STOPPING_MS = 250;

/**
 * Serves a page on which a trained run can be tried, until it is told to end: then all that was accepted is answered first.
 *
 * @throws One line: what of the run is missing, or why it cannot listen there.
 */
export async function serveRun({ run, host, port, signal, log }: ServeOptions): Promise<void> {
  const trained = await loadTrainedRun(run, { log, isPacked: true });
  const { data, model } = trained.config;
  const maxSeconds = model.audio.maxSeconds;
  trained.explain([{ text: 'the first one takes longer', audio: new Float32Array(maxSeconds * 16_000) }]);
  const thresholds =
    trained.thresholds && Object.fromEntries(EMOTIONS.map((name, c) => [name, trained.thresholds![c]!]));
  const app = createApp({
    trained,
    about: { run: basename(trained.run), ...MAXIMA, maxSeconds, thresholds },
    clips: await exampleClips(data, log),
    page: await readFile(PAGE, 'utf8'),
    host,
    isStopping: () => signal.aborted,
    log,
  });
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { requestTimeout: LIMITS.requestSeconds * 1000 },
  }) as Server;
  await listen(server, host, port);
  const name = host.includes(':') ? `[${host}]` : host;
  if (!isLoopback(host)) log(`warning: ${host} can be reached from other machines, and everybody there may ask`);
  log(`try it at http://${name}:${(server.address() as AddressInfo).port}/ (Ctrl-C ends it)`);
  if (!signal.aborted) await once(signal, 'abort');
  log('ending, once what was asked is answered');
  await endServer(server);
}

/** Takes no new connections, answers all that was asked, and ends. */
async function endServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  await turn(); // those that came while the model was computing are taken in
  // What http's own `close` does besides would cut off a connection that has not asked yet.
  NetServer.prototype.close.call(server);
  await sleep(STOPPING_MS);
  await turn();
  server.closeIdleConnections();
  await closed;
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    const why: Record<string, string> = {
      EADDRINUSE: 'something else listens there; --port 0 takes a port that is free',
      EACCES: 'not allowed; ports from 1024 on are',
    };
    throw new Error(`${host}:${port}: ${why[error.code ?? ''] ?? error.message}`);
  });
}
