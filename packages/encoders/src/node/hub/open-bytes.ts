import { TransformStream } from 'node:stream/web';
import { type ByteStream, HubRefusal } from './download-file';

/**
 * The bytes of what stands at an address, from `from` on.
 *
 * @throws `HubRefusal` where the server says no, an ordinary error where asking again may help.
 */
export async function openBytes(url: string, from: number, token: string | undefined): Promise<ByteStream> {
  const headers = { Range: `bytes=${from}-`, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(url, { headers });
  const problem = `the server answered with status ${response.status}`;
  if (!response.ok || !response.body) throw response.status >= 500 ? new Error(problem) : new HubRefusal(problem);
  const stream = response.body as ByteStream;
  // A server that knows no ranges sends the file from its start.
  return response.status === 206 ? stream : stream.pipeThrough(leaveOut(from));
}

function leaveOut(count: number): TransformStream<Uint8Array, Uint8Array> {
  let left = count;
  return new TransformStream({
    transform(chunk, controller) {
      const skipped = Math.min(left, chunk.byteLength);
      left -= skipped;
      if (skipped < chunk.byteLength) controller.enqueue(chunk.subarray(skipped));
    },
  });
}
