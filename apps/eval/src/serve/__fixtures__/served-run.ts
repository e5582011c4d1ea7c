import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wavFile } from '@mmolre/audio';
import { useBackend } from '@mmolre/backend';
import { findPlace } from '@mmolre/encoders/node';
import { createModel } from '@mmolre/model';
import { compact, saveModel } from '@mmolre/training';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

/** A model that was not trained, as the folder of a run; the built program, serving it; and the data that its examples come from. */
export type ServedRun = {
  /** Ends with a slash. */ address: string;
  /** A folder for the test's own files. */ folder: string;
  child: ChildProcess;
  /** What it wrote so far. */ said: () => string;
  /** Its exit code, once it has ended. */ ended: Promise<number | null>;
  /** What `eval predict` says of the same run. */
  predict: (...args: string[]) => { sentiment: number; emotions: Record<string, number> }[];
  /** What a second server says that cannot start. */
  start: (...args: string[]) => string;
  close: () => Promise<void>;
};

export async function serveNewRun(): Promise<ServedRun> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-serve-')));
  const run = join(folder, 'untrained');
  await writeUntrainedRun(run, makeData(join(folder, 'data')));
  const ofRun = ['--run', run];
  const child = spawn(process.execPath, [PROGRAM, 'serve', ...ofRun, '--port', '0']);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  let said = '';
  child.stderr.setEncoding('utf8');
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (text: string) => {
      said += text;
      const found = /http:\S+/.exec(said);
      if (found) resolve(found[0]);
    });
    ended.then(() => reject(new Error(said)));
  });
  return {
    address,
    folder,
    child,
    ended,
    said: () => said,
    predict: (...args) => JSON.parse(spawnSync(process.execPath, [PROGRAM, 'predict', ...ofRun, '--json', ...args]).stdout.toString()),
    start: (...args) => spawnSync(process.execPath, [PROGRAM, 'serve', ...ofRun, ...args]).stderr.toString(),
    async close() {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** A compact model that was not trained, as the folder of a run. @param data Folder of a data set. */
export async function writeUntrainedRun(run: string, data: string): Promise<void> {
  await useBackend({ log: () => {} });
  const config = { ...compact(), data };
  await saveModel(run, await createModel(config.model, 7, { find: findPlace }), config);
  writeFileSync(join(run, 'thresholds.json'), '[0.5, 0.5, 0.5, 0.5, 0.5, 0.5]');
  writeFileSync(join(run, 'baselines.json'), '{ "sentiment": 0 }');
}

/** A wav file of a falling tone. */
export const tone = (hertz: number, seconds = 1): Uint8Array =>
  wavFile(
    Float32Array.from({ length: 16_000 * seconds }, (_, i) => 0.3 * Math.sin((i / 2550) * hertz * (1 - i / 200_000))),
    16_000,
  );

/** Three recordings, each with an emotion of its own. */
function makeData(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const rows = ['1,0,0,0,0,0', '0,1,0,0,0,0', '0,0,1,0,0,0'].map((emotions, i) => {
    writeFileSync(join(folder, `${i}.wav`), tone(200 + 100 * i));
    return `v${i},0,a voice,0,test,${emotions},${i}.wav`;
  });
  const head = 'video_id,clip_id,text,label,mode,happiness,sadness,anger,surprise,disgust,fear,audio';
  writeFileSync(join(folder, 'label.csv'), `${[head, ...rows].join('\n')}\n`);
  return folder;
}
