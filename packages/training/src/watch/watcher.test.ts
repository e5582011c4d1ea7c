import { expect, test } from 'vitest';
import { startEvent, stepEvent } from './__fixtures__/events';
import { type WatchedEvent, type Watcher, watchAll } from './watcher';

const told = (name: string, change: Partial<Watcher> = {}) => {
  const heard: string[] = [];
  const event = (event: WatchedEvent) => void heard.push(`${event.event} ${event.step}`);
  const watcher: Watcher = { name, event, close: async () => void heard.push('close'), ...change };
  return { watcher, heard };
};

test('a watcher that fails, at once or later, gets one warning and hears no more; the others hear all', async () => {
  const lines: string[] = [];
  const calls = { throwing: 0, rejecting: 0 };
  const good = told('good');
  const throwing = told('throwing', {
    event: () => {
      calls.throwing++;
      throw new Error('disk full\nmore of it');
    },
  });
  const rejecting = told('rejecting', {
    event: (async () => {
      calls.rejecting++;
      await null;
      throw new Error('gone');
    }) as Watcher['event'],
  });
  const closing = told('closing', { close: () => Promise.reject(new Error('not sent')) });
  const all = watchAll(
    [throwing, rejecting, good, closing].map(({ watcher }) => watcher),
    (line) => lines.push(line),
  );
  all.event(startEvent(0));
  await new Promise((done) => setTimeout(done, 0));
  for (const step of [1, 2]) all.event(stepEvent(step));
  await all.close();
  expect(good.heard).toEqual(['start 0', 'step 1', 'step 2', 'close']);
  expect(closing.heard).toEqual(['start 0', 'step 1', 'step 2']);
  expect(throwing.heard).toEqual(['close']);
  expect(calls).toEqual({ throwing: 1, rejecting: 1 });
  expect(lines).toEqual([
    'warning: throwing hears no more of this training: disk full',
    'warning: rejecting hears no more of this training: gone',
    'warning: closing hears no more of this training: not sent',
  ]);
});
