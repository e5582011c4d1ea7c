import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { MODALITIES, type Task } from '@mmolre/model';
import type { Epoch, History, Router } from '@mmolre/report';
import { runFile } from '../run-layout';
import type { TrainEvent } from '../train';
import type { GatesEvent } from '../watch/gates';

type Logged = TrainEvent | GatesEvent;

/** How the training of a run went up to now, from its log. A last line that is not whole yet is left out. */
export async function readHistory(run: string): Promise<History> {
  const path = runFile(run, 'log');
  if (!existsSync(path)) return { steps: [], epochs: [], routers: [] };
  const events = (await readFile(path, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map(parsed)
    .filter((one) => one !== undefined);
  return {
    steps: events.flatMap((one) => (one.event === 'step' ? [stepOf(one)] : [])),
    epochs: events.flatMap((one) => (one.event === 'epoch' ? [epochOf(one)] : [])),
    routers: routersOf(events.filter((one) => one.event === 'gates')),
  };
}

function parsed(line: string): Logged | undefined {
  try {
    return JSON.parse(line) as Logged;
  } catch {
    return undefined; // what was being written when the machine went down
  }
}

const stepOf = ({ step, loss, learningRate }: Extract<TrainEvent, { event: 'step' }>) => ({ step, loss, learningRate });

function epochOf({ epoch, step, trainLoss, validLoss, best, valid }: Extract<TrainEvent, { event: 'epoch' }>): Epoch {
  const { sentiment, emotion } = valid;
  return {
    ...{ epoch, step, trainLoss, validLoss, best, mae: sentiment?.mae, corr: sentiment?.corr },
    recall: emotion?.categoryRecall.mean,
    accuracy: emotion?.mean.accuracy,
    weightedF1: emotion?.mean.weightedF1,
  };
}

/** A router each, with all epochs that looked at it. */
function routersOf(events: readonly GatesEvent[]): Router[] {
  const first = events[0]?.gates;
  if (!first) return [];
  return MODALITIES.flatMap((modality) =>
    first[modality].flatMap((blocks, i) =>
      (Object.keys(blocks) as Task[]).map((task): Router => {
        const shares = events.map(({ epoch, samples, gates }) => ({
          epoch,
          experts: gates[modality][i]![task].selected.map((count) => count / samples),
        }));
        return { modality, block: i + 1, task, shares };
      }),
    ),
  );
}
