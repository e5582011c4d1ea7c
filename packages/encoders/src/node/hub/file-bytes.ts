import { askHub, type Hub, HubFailure, Interruption, interruption } from './ask-hub';
import type { HubPatience } from './hub-settings';

/** The bytes that a download of that patience brings at least, each `stallSeconds`. */
export const leastBytes = ({ stallSeconds }: HubPatience): number => 1000 * stallSeconds;

/**
 * The bytes of a file of the hub from `from` on, as they come.
 *
 * @throws `HubFailure` where the hub says no, `Interruption` where the connection fails or is too slow.
 */
export async function* fileBytes(hub: Hub, url: string, from: number): AsyncGenerator<Uint8Array> {
  const watch = watchSpeed(hub.patience);
  try {
    const response = await askHub(hub, url, { range: `bytes=${from}-` }, watch.start);
    // A server that knows no ranges sends the file from its start.
    let unwanted = response.status === 206 ? 0 : from;
    for await (const chunk of response.body ?? []) {
      watch.saw(chunk.byteLength);
      const bytes = chunk.subarray(unwanted);
      unwanted -= chunk.byteLength - bytes.byteLength;
      if (bytes.byteLength > 0) yield bytes;
    }
  } catch (error) {
    throw error instanceof HubFailure ? error : interruption(error);
  } finally {
    watch.end();
  }
}

/** Ends a request whose bytes come too slowly, or not at all. */
function watchSpeed(patience: HubPatience) {
  const [seconds, least] = [patience.stallSeconds, leastBytes(patience)];
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    start(): AbortSignal {
      clearInterval(timer);
      bytes = 0;
      const request = new AbortController();
      timer = setInterval(() => {
        if (bytes < least) request.abort(new Interruption(`sent ${bytes} bytes in ${seconds} s`));
        bytes = 0;
      }, seconds * 1000);
      return request.signal;
    },
    saw(count: number): void {
      bytes += count;
    },
    end: () => clearInterval(timer),
  };
}
