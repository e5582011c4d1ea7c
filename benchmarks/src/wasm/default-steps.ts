import { fileURLToPath } from 'node:url';
import { readDataset } from '@mmolre/datasets';
import { findPlace } from '@mmolre/encoders/node';
import { createModel } from '@mmolre/model';
import { disposeParams } from '@mmolre/nn';
import { loadExamples, type RunConfig, small, train } from '@mmolre/training';

/** A step of the trainer, its batch included: on the clock and on all cores of the processor, and the loss before it. */
export type Step = { epoch: number; ms: number; cpuMs: number; loss: number };

const root = fileURLToPath(new URL('../..', import.meta.url));
const BATCHES = 4;
const EPOCHS = 3;

/**
 * The default run on its first 128 clips: 3 epochs of 4 steps, on the backend in use. Left out is the first step of each epoch, which comes after
 * what is no step.
 */
export async function defaultSteps(): Promise<Step[]> {
  const preset = small();
  const config: RunConfig = { ...preset, training: { ...preset.training, maxEpochs: EPOCHS } };
  const dataset = await readDataset(`${root}${config.data}`);
  const count = BATCHES * config.training.batchSize;
  const some = { ...dataset, train: dataset.train.slice(0, count), valid: dataset.valid.slice(0, 8), test: [] };
  const examples = await loadExamples(some, () => {}, { firstSeconds: config.model.audio.maxSeconds });
  const model = await createModel(config.model, config.seed, { find: findPlace });
  const steps: Step[] = [];
  let [start, cpu] = [performance.now(), process.cpuUsage()];
  await train(model, config, {
    train: examples.train,
    valid: examples.valid,
    onEvent(event) {
      if (event.event !== 'step') return;
      const [ms, { user, system }] = [performance.now() - start, process.cpuUsage(cpu)];
      if (event.step % BATCHES !== 1) {
        steps.push({ epoch: event.epoch, ms, cpuMs: (user + system) / 1000, loss: event.loss });
      }
      [start, cpu] = [performance.now(), process.cpuUsage()];
    },
    onCheckpoint: async () => {},
    signal: new AbortController().signal,
  });
  disposeParams(model.params);
  return steps;
}
