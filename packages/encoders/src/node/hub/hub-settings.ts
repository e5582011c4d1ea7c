import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { userCacheFolder } from '@mmolre/files';

/** Where models come from and where they are kept: what the Hugging Face libraries read from the environment. */
export type HubSettings = {
  /** `HF_ENDPOINT`, or the hub itself. */
  endpoint: string;
  /** `HF_HUB_CACHE`, or `hub` below `HF_HOME`, or `huggingface/hub` in the user's cache folder: shared with Python's. */
  cache: string;
  /** `HF_HUB_OFFLINE`: nothing is asked of the network. */
  offline: boolean;
  /** `HF_TOKEN`, or what the hub's login has stored, for models that ask for consent. Sent to the endpoint's host alone. */
  token: string | undefined;
  /** Absent: {@link PATIENCE}. */
  patience?: Partial<HubPatience>;
};

/** How long the hub is waited for. */
export type HubPatience = {
  /** Seconds in which an answer about a model must be there as a whole. */
  answerSeconds: number;
  /** Bytes, unpacked, that all answers about a model may have. */
  answerBytes: number;
  /** Seconds that must bring a download a kilobyte each on average, or its connection is given up. */
  stallSeconds: number;
  /** Seconds of pauses, in all, for a hub that is busy (429) or fails (5xx). */
  retrySeconds: number;
  /** The first pause; each one after it is twice as long, or as long as `Retry-After` says. */
  pauseSeconds: number;
};

export const PATIENCE: HubPatience = {
  answerSeconds: 30,
  answerBytes: 50e6,
  stallSeconds: 30,
  retrySeconds: 60,
  pauseSeconds: 1,
};

const isTrue = (text = '') => ['1', 'on', 'yes', 'true'].includes(text.toLowerCase());

/**
 * Reads the settings, by default from this process's environment and from the file that the hub's login writes.
 *
 * @throws One line: an address or a token that is none. It does not show a token or a password.
 */
export function hubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const home = env.HF_HOME || join(userCacheFolder(env), 'huggingface');
  return {
    endpoint: readEndpoint(env.HF_ENDPOINT || 'https://huggingface.co'),
    cache: env.HF_HUB_CACHE || join(home, 'hub'),
    offline: isTrue(env.HF_HUB_OFFLINE),
    token: isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)
      ? undefined
      : (checkToken('HF_TOKEN', env.HF_TOKEN) ??
        checkToken('HUGGING_FACE_HUB_TOKEN', env.HUGGING_FACE_HUB_TOKEN) ??
        readToken(env.HF_TOKEN_PATH || join(home, 'token'))),
  };
}

function readEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !text.includes('@')) return text.replace(/\/+$/, '');
  const found = text.includes('@') ? 'one with a name or password in it' : `'${text}'`;
  throw new Error(`HF_ENDPOINT: expected the address of a hub, such as https://huggingface.co, found ${found}`);
}

function readToken(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined; // nobody has logged in
  }
  return checkToken(path, text);
}

/** A token without the spaces around it; undefined if nothing is left. */
function checkToken(place: string, text = ''): string | undefined {
  const token = text.trim();
  if (/^[\x21-\x7e]*$/.test(token)) return token || undefined;
  throw new Error(`${place}: expected a token of the hub (one line, no spaces), found something else, not shown here`);
}
