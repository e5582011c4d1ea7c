import { type Agent, type IncomingHttpHeaders, request } from 'node:http';

export type Sent = {
  method?: string;
  /** Sent as it stands. */ path?: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
};
export type Received = { status: number; headers: IncomingHttpHeaders; text: string };

/** Sends a request as it stands, which `fetch` does not do with paths and some headers. */
export function send(address: string, { body, ...sent }: Sent, agent?: Agent): Promise<Received> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, agent, ...sent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** A question: a form with these fields, as a browser sends it. */
export async function question(fields: readonly (readonly [name: string, value: string | Uint8Array])[]): Promise<Sent> {
  const form = new FormData();
  for (const [name, value] of fields)
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new File([Uint8Array.from(value)], 'clip.wav'));
  const encoded = new Response(form);
  const type = encoded.headers.get('content-type')!;
  return asked(type, new Uint8Array(await encoded.arrayBuffer()));
}

/** Any body, sent as a question. */
export const asked = (type: string, body: Uint8Array): Sent => ({
  method: 'POST',
  path: '/api/answer',
  headers: { 'content-type': type, 'content-length': String(body.length) },
  body,
});
