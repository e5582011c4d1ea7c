import { STATUS_CODES } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { HubPatience, HubSettings } from './hub-settings';
import { retryAfter } from './retry-after';

/** The hub, and what it is asked for. */
export type Hub = Pick<HubSettings, 'endpoint' | 'token'> & {
  patience: HubPatience;
  /** What messages call what is asked for: `hf:owner/name`, or a file of it. */
  place: string;
  /** Told of each pause. */
  log: (line: string) => void;
};

/** The hub, or what answers in its place, does not give what it was asked for: a copy in the cache can serve. */
export class HubFailure extends Error {
  /** @param reason What was asked for, and what happened. */
  constructor(
    readonly reason: string,
    advice: string,
  ) {
    super(`${reason}; ${advice}`);
  }
}

/** The connection failed, not the answer, so asking again may help. The message goes on after the hub's name. */
export class Interruption extends Error {}

/**
 * What an address of the hub gives: its status is a good one, and it is no page for people. A hub that is busy or fails is asked again, as
 * long as the patience lasts.
 *
 * @param startDeadline Called for each request: what ends it.
 * @throws `HubFailure` where the hub says no, `Interruption` where the connection fails.
 */
export async function askHub(
  hub: Hub,
  url: string,
  headers: Record<string, string>,
  startDeadline: () => AbortSignal,
): Promise<Response> {
  const { pauseSeconds, retrySeconds } = hub.patience;
  const isHubs = new URL(url).origin === new URL(hub.endpoint).origin;
  // A redirect to another origin goes without it: `fetch` sees to that.
  const authorized = hub.token && isHubs ? { ...headers, authorization: `Bearer ${hub.token}` } : headers;
  for (let [times, left] = [1, retrySeconds]; ; times++) {
    const response = await fetch(url, { headers: authorized, signal: startDeadline() }).catch((error) => {
      throw interruption(error);
    });
    const isPage = /^\s*text\/html\b/i.test(response.headers.get('content-type') ?? '');
    if (response.ok && !isPage) return response;
    await response.body?.cancel().catch(() => {});
    const { status } = response;
    if (response.ok) {
      throw new HubFailure(
        `${hub.place}: ${hub.endpoint} answered with an HTML page`,
        'does a proxy, or the log-in page of this network, answer in its place? check HF_ENDPOINT',
      );
    }
    if (status !== 429 && status < 500) throw refusal(hub, status);
    const reason = `${hub.place}: ${hub.endpoint} answered with ${named(status)}`;
    const asked = retryAfter(response.headers.get('retry-after'), Date.now());
    const seconds = Math.max(asked, Math.min(left, pauseSeconds * 2 ** (times - 1)));
    if (left === 0 || seconds === 0) throw new HubFailure(`${reason}, ${times} times`, 'try again later');
    if (asked > left) throw new HubFailure(`${reason} and asks to wait ${asked} s`, 'try again after that');
    hub.log(`${reason}; asking again in ${seconds} s`);
    await pause(seconds * 1000);
    left -= seconds;
  }
}

/** What an error of `fetch`, or of reading what it gave, means. */
export function interruption(error: unknown): Interruption {
  if (error instanceof Interruption) return error;
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (cause?.message === 'redirect count exceeded') return new Interruption('redirects in a circle');
  const why = cause?.code ?? (cause?.message || name); // not `message`, which may quote a header
  return new Interruption(message === 'fetch failed' ? `could not be reached (${why})` : `broke off (${why})`);
}

function refusal({ place, endpoint, token }: Hub, status: number): HubFailure {
  if (status === 404) {
    return new HubFailure(`${place}: not on ${endpoint} (status 404)`, 'check the name and the revision');
  }
  if (status !== 401 && status !== 403) {
    return new HubFailure(`${place}: ${endpoint} answered with ${named(status)}`, 'check HF_ENDPOINT');
  }
  const way = token
    ? 'your token (HF_TOKEN, or the login’s) may have expired or have no access'
    : 'if it asks for consent, give it on its page and set HF_TOKEN or log in';
  return new HubFailure(`${place}: ${endpoint} does not give it out (status ${status})`, `check the name; ${way}`);
}

const named = (status: number) => `status ${status}${STATUS_CODES[status] ? ` (${STATUS_CODES[status]})` : ''}`;
