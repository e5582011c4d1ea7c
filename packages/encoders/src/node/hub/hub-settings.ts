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
  /** `HF_TOKEN`, for models that ask for consent. */
  token: string | undefined;
};

const TRUE = ['1', 'on', 'yes', 'true'];

/** Reads the settings, by default from this process's environment. */
export function hubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const home = env.HF_HOME || join(userCacheFolder(env), 'huggingface');
  return {
    endpoint: (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, ''),
    cache: env.HF_HUB_CACHE || join(home, 'hub'),
    offline: TRUE.includes((env.HF_HUB_OFFLINE ?? '').toLowerCase()),
    token: env.HF_TOKEN || undefined,
  };
}
