import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readAudio } from '@mmolre/audio';
import { EMOTIONS, readDataset, samplesOf } from '@mmolre/datasets';
import { frozenModelFiles, WEIGHTS_INDEX } from '@mmolre/encoders';
import { findPlace } from '@mmolre/encoders/node';
import { replaceFolder } from '@mmolre/files';
import { category, mean } from '@mmolre/metrics';
import { type Example, MODALITIES, predict } from '@mmolre/model';
import { disposeParams } from '@mmolre/nn';
import { loadTrainedRun, type TrainedRun } from '@mmolre/training';
import { type Answering, explanationsOf } from '@mmolre/training/explanations';
import { LIMITS } from '../serve/limits';
import { toEightBits } from './eight-bits';
import { type ExportedFacts, FACTS_FILE, isWeights, openExported, PROBE } from './exported';

export type ExportOptions = {
  /** Folder of a trained run. */ run: string;
  /** Where the folder goes; one of an export before is replaced. */ out: string;
  log: (line: string) => void;
};

/** What an export is, and what the eight bits cost. */
export type WebExport = {
  bytes: number;
  /** On samples of the run's data; undefined where that is not there any more. */ loss:
    | {
        samples: number;
        /** By how much the sentiment moves, in the mean. */ sentiment: number | undefined;
        /** Share of the samples whose category is another. */ category: number | undefined;
      }
    | undefined;
};

/** What `build-page.mjs` makes, beside the program. */
const PARTS = new URL('./web/', import.meta.url);
/** So many samples tell what the eight bits cost. */
const SAMPLES = 100;

/**
 * Writes a page on which a run can be tried without a server of its own: any that serves files will do. The model computes within the browser, and nothing
 * leaves it.
 *
 * @throws One line: what of the run is missing, or that something else is in the folder's place.
 */
export async function exportWeb({ run, out, log }: ExportOptions): Promise<WebExport> {
  if (existsSync(out) && !existsSync(join(out, FACTS_FILE)) && (await readdir(out)).length > 0)
    throw new Error(`${out}: expected no folder, or that of an export, found something else`);
  const trained = await loadTrainedRun(run, { log });
  const files = await modelFiles(trained);
  const facts = factsOf(trained, files);
  const exported = await openExported({ ...facts, probe: { alone: {}, experts: {} } }, files);
  const [probe] = explanationsOf(exported, [PROBE]);
  const loss = await lossOf(trained, exported, log);
  for (const { model } of [trained, exported]) disposeParams(model.params);
  let bytes = 0;
  await replaceFolder(out, async (folder) => {
    const add = async (name: string, content: Uint8Array | string) => {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
      bytes += Buffer.byteLength(content);
    };
    await add(FACTS_FILE, JSON.stringify({ ...facts, probe }));
    for (const [name, content] of files) await add(join('model', name), content);
    for (const name of await readdir(PARTS)) await add(name, await readFile(new URL(name, PARTS)));
  });
  return { bytes, loss };
}

/** What a terminal shows of it. */
export function exportText({ bytes, loss }: WebExport): string {
  const said =
    loss &&
    [
      loss.sentiment !== undefined && `the sentiment moves by ${loss.sentiment.toFixed(3)} in the mean`,
      loss.category !== undefined && `${(100 * loss.category).toFixed(1)} % of the categories are others`,
    ].filter(Boolean);
  const cost = said
    ? `eight bits in place of 32, on ${loss!.samples} samples: ${said.join(', ')}`
    : 'what eight bits cost is not measured';
  return `${(bytes / 1e6).toFixed(1)} MB; ${cost}`;
}

/** What the model is read from, by name: the best checkpoint's files, and those of encoders that are frozen, which it does not hold. */
async function modelFiles({ folder, config }: TrainedRun): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const add = (name: string, bytes: Uint8Array) => files.set(name, isWeights(name) ? toEightBits(bytes, name) : bytes);
  add('model.safetensors', await readFile(join(folder, 'model.safetensors')));
  for (const modality of MODALITIES) {
    const kept = join(folder, modality);
    if (!existsSync(kept)) continue;
    for (const name of await readdir(kept)) add(`${modality}/${name}`, await readFile(join(kept, name)));
    if (!files.has(`${modality}/frozen.json`)) continue;
    const encoder = config.model[modality] as { model: string };
    const place = await findPlace(encoder.model);
    for (const name of [...(await frozenModelFiles(place)), WEIGHTS_INDEX]) {
      const bytes = await place.read(name);
      if (bytes) add(`frozen/${modality}/${name}`, bytes);
    }
  }
  return files;
}

function factsOf(
  { run, config, thresholds }: TrainedRun,
  files: ReadonlyMap<string, Uint8Array>,
): Omit<ExportedFacts, 'probe'> {
  return {
    about: {
      run: basename(run),
      maxSeconds: config.model.audio.maxSeconds,
      maxCharacters: LIMITS.textCharacters,
      maxBytes: LIMITS.bodyBytes,
      thresholds: thresholds && Object.fromEntries(EMOTIONS.map((name, c) => [name, thresholds[c]!])),
      clips: [],
    },
    model: config.model,
    config: { training: { ablate: config.training.ablate } },
    thresholds: thresholds ?? null,
    files: [...files].map(([name, { length }]) => ({ name, bytes: length })),
  };
}

/** What a model of eight bits says otherwise than the run. */
async function lossOf(
  trained: TrainedRun,
  exported: Answering,
  log: (line: string) => void,
): Promise<WebExport['loss']> {
  const { config, thresholds } = trained;
  const dataset = await readDataset(config.data).catch(() => undefined);
  if (!dataset) {
    log(`warning: ${config.data}: the data is not there: what the eight bits cost is not measured`);
    return undefined;
  }
  const all = samplesOf(dataset, dataset.test.length > 0 ? 'test' : 'valid');
  const count = Math.min(SAMPLES, all.length);
  const examples: Example[] = [];
  for (let i = 0; i < count; i++) {
    const { id, text, recording } = all[Math.floor((i * all.length) / count)]!;
    const audio =
      recording && (await readAudio(recording, { maxSeconds: config.model.audio.maxSeconds }).catch(() => undefined));
    examples.push({ id, text, ...(audio && { audio }) });
  }
  const [before, after] = [trained.model, exported.model].map(
    (model) => predict(model, examples, { ablate: config.training.ablate }).predictions,
  );
  const pairs = before!.map((one, i) => [one, after![i]!] as const);
  const isOther = pairs.map(([a, b]) =>
    thresholds && category(a.emotions!, thresholds, EMOTIONS) !== category(b.emotions!, thresholds, EMOTIONS) ? 1 : 0,
  );
  return {
    samples: count,
    sentiment: mean(
      pairs.map(([a, b]) => (a.sentiment === undefined ? undefined : Math.abs(a.sentiment - b.sentiment!))),
    ),
    category: thresholds && mean(isOther),
  };
}
