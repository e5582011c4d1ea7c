import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Room } from './room';

export type ServerMetrics = {
  /** As Prometheus reads them. */ text: () => Promise<string>;
  type: string;
  requests: Counter<'status'>;
  answerSeconds: Histogram;
  batchSize: Histogram;
};

/** What is counted of a server: its requests, its answers, and Node's own figures. */
export function serverMetrics(room: Room): ServerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const name = (what: string) => `mmolre_${what}`;
  new Gauge({
    name: name('questions_in_progress'),
    help: 'Questions that are read, waiting or answered',
    registers,
    collect() {
      this.set(room.taken());
    },
  });
  return {
    text: () => registry.metrics(),
    type: registry.contentType,
    requests: new Counter({
      name: name('requests_total'),
      help: 'Requests by status',
      labelNames: ['status'],
      registers,
    }),
    answerSeconds: new Histogram({ name: name('answer_seconds'), help: 'From a question to its answer', registers }),
    batchSize: new Histogram({
      name: name('batch_size'),
      help: 'Questions that went through the model together',
      buckets: [1, 2, 4, 8, 16],
      registers,
    }),
  };
}
