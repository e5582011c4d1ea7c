import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { plainFile } from '@mmolre/files';
import type { Histogram } from './gates';
import { createScalars, histogramsOf } from './tags';
import type { Watcher } from './watcher';

export type TrackioOptions = {
  /** Of the server, such as http://127.0.0.1:7860/?write_token=…; the token is that of the link that Trackio prints. */ url: string;
  project: string;
  /** Its name there. */ run: string;
  /** File for the run's id there, so that a training that goes on stays one run. */ idFile: string;
  /** Seconds before each try again; 1, 2, 4, 8, 16 if left out. */ retrySeconds?: readonly number[];
};

const SEND_SECONDS = 3;
const REQUEST_SECONDS = 10;
const CLOSE_SECONDS = 15;

type Entry = { metrics: Record<string, unknown>; step: number; log_id: string };

/**
 * Sends a training to a Trackio server: what `tensorBoard` writes, every three seconds and at the end, where `close` waits at most 15 s for it.
 * A start at step 0 is a new run there. A training that goes on sends some steps again; the server keeps what it had of them first.
 *
 * When a server does not answer, or not within ten seconds, or with a status of 500 or more or 429, it is asked again, by default until it was away
 * for half a minute. Then, and at once where it refuses, the next event throws, or else `close` rejects, and nothing more is sent.
 * Servers that are Spaces of Hugging Face are not supported: they ask for another token.
 *
 * @throws If the URL is not one of http or https.
 */
export function trackio({ url, project, run, idFile, retrySeconds = [1, 2, 4, 8, 16] }: TrackioOptions): Watcher {
  const post = poster(url);
  const scalars = createScalars();
  const givenUp = new AbortController();
  let id = '';
  let waiting: Entry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sending = Promise.resolve();
  let failure: Error | undefined;

  const send = async () => {
    const entries = waiting;
    waiting = [];
    if (failure || entries.length === 0) return;
    const logs = entries.map((entry) => ({ project, run, run_id: id, ...entry }));
    for (let tries = 0; ; tries++) {
      const { problem, passes } = await post(logs, givenUp.signal);
      if (!problem) return;
      const seconds = retrySeconds[tries];
      if (!passes || seconds === undefined || givenUp.signal.aborted) throw new Error(problem);
      await pause(seconds * 1000, undefined, { signal: givenUp.signal, ref: false }).catch(() => {
        throw new Error(problem);
      });
    }
  };
  /** After what is being sent, so that the server gets entries in their order. */
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    sending = sending.then(send).catch((error: Error) => {
      failure ??= error;
    });
    return sending;
  };
  return {
    name: 'Trackio',
    event(event) {
      if (failure) throw failure;
      if (event.event === 'start') {
        const known = event.step > 0 && existsSync(idFile);
        id = known ? readFileSync(plainFile(idFile), 'utf8').trim() : randomUUID();
        if (!known) writeFileSync(idFile, `${id}\n`);
      }
      const metrics = { ...mapped(scalars(event), asNumber), ...mapped(histogramsOf(event), asHistogram) };
      if (Object.keys(metrics).length === 0) return;
      waiting.push({ metrics, step: event.step, log_id: `${id}/${event.event}/${event.step}` });
      timer ??= setTimeout(flush, SEND_SECONDS * 1000).unref();
    },
    async close() {
      const deadline = setTimeout(
        () => givenUp.abort(new Error(`no answer within ${CLOSE_SECONDS} s of the end`)),
        CLOSE_SECONDS * 1000,
      );
      await flush();
      clearTimeout(deadline);
      if (failure) throw failure;
    },
  };
}

type Answer = {
  /** Undefined if the server took it. */ problem: string | undefined;
  /** Whether trying again may help. */ passes: boolean;
};

/** Sends entries of the log to a server, once. */
function poster(url: string): (logs: object[], signal: AbortSignal) => Promise<Answer> {
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new Error(`trackio url: expected one such as http://127.0.0.1:7860, found ${url}`);
  const { origin, pathname, searchParams } = new URL(url);
  const server = `${origin}${pathname.replace(/\/?$/, '/')}`;
  const token = searchParams.get('write_token');
  const headers = { 'content-type': 'application/json', ...(token && { 'x-trackio-write-token': token }) };
  return async (logs, signal) => {
    try {
      const response = await fetch(`${server}api/bulk_log`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ kwargs: { logs, hf_token: null } }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_SECONDS * 1000)]),
      });
      const answer = await response.text();
      if (response.ok && /^\{"data":/.test(answer)) return { problem: undefined, passes: true };
      const problem = `${server} answered ${response.status} ${answer.slice(0, 200)}`;
      return { problem, passes: response.status >= 500 || response.status === 429 };
    } catch (error) {
      const { message, cause } = error as Error;
      return { problem: `${server}: ${cause instanceof Error ? cause.message : message}`, passes: true };
    }
  };
}

const asHistogram = ({ edges, counts }: Histogram) => ({ _type: 'trackio.histogram', bins: edges, values: counts });
/** As Trackio writes what JSON has no number for: `NaN`, `Infinity`, `-Infinity`. */
const asNumber = (value: number) => (Number.isFinite(value) ? value : String(value));

const mapped = <A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
