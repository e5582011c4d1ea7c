import { HubApiError } from '@huggingface/hub';
import { HubRefusal } from './download-file';
import type { HubSettings } from './hub-settings';

/** The hub could not be reached: another attempt may help, or the cache. */
export class NoNetwork extends Error {}

/**
 * Says of what the hub's client throws what it means for the user.
 *
 * @param place What was asked for, `hf:owner/name`.
 */
export async function explain<T>(place: string, { endpoint, token }: HubSettings, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof HubRefusal) throw new HubRefusal(`${place}: ${error.message}`);
    if (error instanceof HubApiError) {
      const { statusCode } = error;
      if (statusCode === 404) throw new HubRefusal(`${place}: not on ${endpoint}; check the name and the revision`);
      if (statusCode === 401 || statusCode === 403) {
        const way = token
          ? 'HF_TOKEN has no access to it'
          : 'if it asks for consent, give it on its page and set HF_TOKEN';
        throw new HubRefusal(
          `${place}: ${endpoint} does not give it out (status ${statusCode}): check the name; ${way}`,
        );
      }
      if (statusCode < 500) throw new HubRefusal(`${place}: ${endpoint} refused with status ${statusCode}`);
      throw new NoNetwork(`${place}: ${endpoint} failed with status ${statusCode}`);
    }
    const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
    if (message === 'fetch failed') {
      throw new NoNetwork(
        `${place}: ${endpoint} could not be reached (${cause?.code ?? cause?.message ?? message}); check the network and HF_ENDPOINT, ` +
          'or download the model elsewhere and give its folder',
      );
    }
    throw error;
  }
}
