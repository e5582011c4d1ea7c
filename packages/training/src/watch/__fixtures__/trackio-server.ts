import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A line of the log, as Trackio keeps it. */
export type TrackioRow = {
  project: string;
  run: string;
  run_id: string;
  step: number;
  metrics: Record<string, unknown>;
  log_id: string;
};

export type TrackioServer = {
  url: string;
  /** What it keeps, in the order of arrival. */ rows: TrackioRow[];
  /** How many requests there were. */ requests(): number;
  close(): void;
};

/** What is done in place of an answer, after the lines are kept or without keeping them. */
export type Fault = { kept: boolean; answer: (response: ServerResponse) => void };

/** `POST /api/bulk_log` as Trackio 0.43 answers it: for writers with the token, and each `log_id` once. The first requests meet `faults`. */
export async function trackioServer(faults: Fault[] = [], token = 'secret'): Promise<TrackioServer> {
  const rows: TrackioRow[] = [];
  let requests = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const answer = (status: number, content: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    };
    const fault = faults[requests++];
    const { kwargs } = JSON.parse(body) as { kwargs: { logs: TrackioRow[]; hf_token?: null } };
    if (request.method !== 'POST' || request.url !== '/api/bulk_log') return answer(404, { error: 'Unknown API' });
    if (kwargs.hf_token === undefined) return answer(400, { error: 'Missing required parameter: hf_token' });
    if (request.headers['x-trackio-write-token'] !== token) return answer(400, { error: 'A write_token is required' });
    for (const row of fault?.kept === false ? [] : kwargs.logs)
      if (!rows.some(({ log_id }) => log_id === row.log_id)) rows.push(row);
    if (fault) return fault.answer(response);
    answer(200, { data: null });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/?write_token=${token}`,
    rows,
    requests: () => requests,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
