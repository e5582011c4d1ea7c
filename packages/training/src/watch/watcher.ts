import type { TrainEvent } from '../train';
import type { GatesEvent } from './gates';

/** A training begins or goes on. */
export type StartEvent = {
  event: 'start';
  /** Steps that are done: 0, or those after which it goes on. Whatever was heard of later ones is to come again. */ step: number;
};

/** What a watcher hears: a start first, then what `metrics.jsonl` gets, in this order. */
export type WatchedEvent = { /** Since the training began. */ seconds: number } & (
  | StartEvent
  | TrainEvent
  | GatesEvent
);

/** Hears a training, such as to show it elsewhere. */
export type Watcher = {
  /** For warnings. */ name: string;
  /** Called between two steps, so it should be quick; nothing waits for a promise that it returns. */
  event(event: WatchedEvent): void;
  /** The training has ended; awaited. */ close(): Promise<void>;
};

/**
 * Several watchers as one that never fails: where one throws or rejects, there is one warning, and it hears no more.
 *
 * @param warn Gets a line that names the watcher and its error.
 */
export function watchAll(watchers: readonly Watcher[], warn: (line: string) => void): Omit<Watcher, 'name'> {
  const failed = new Set<Watcher>();
  const attempt = async (watcher: Watcher, work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      if (failed.has(watcher)) return;
      failed.add(watcher);
      const message = error instanceof Error ? error.message : String(error);
      warn(`warning: ${watcher.name} hears no more of this training: ${message.split('\n')[0]}`);
    }
  };
  return {
    event(event) {
      for (const watcher of watchers) if (!failed.has(watcher)) void attempt(watcher, () => watcher.event(event));
    },
    async close() {
      await Promise.all(watchers.map((watcher) => attempt(watcher, () => watcher.close())));
    },
  };
}
