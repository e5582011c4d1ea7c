import type { Asked } from '../serve/page/ask';
import { monoSamples, SAMPLE_RATE } from '../serve/page/mono-samples';
import type { About, Answered } from '../serve/protocol';
import type { FromWorker, ToWorker } from './messages';

// What `serve/page/ask.ts` is where there is a server: here the model is in a worker of the page.

const worker = new Worker('worker.js', { type: 'module' });
const waiting = new Map<
  number,
  { resolve: (answer: Answered) => void; reject: (error: Error) => void; cut: boolean }
>();
const loading = new Set<(line: string) => void>();
let asked = 0;

const loaded = new Promise<{ about: About; backend: string }>((resolve, reject) => {
  worker.addEventListener('error', () =>
    reject(new Error('The model could not be started; is worker.js beside the page?')),
  );
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    if (data.kind === 'loading') for (const say of loading) say(`Loading the model: ${Math.floor(100 * data.share)} %`);
    else if (data.kind === 'ready') resolve(data);
    else if (data.kind === 'failed') reject(new Error(data.error));
    else {
      const { resolve: answered, reject: refused, cut } = waiting.get(data.id)!;
      waiting.delete(data.id);
      if (data.kind === 'answer') answered({ ...data.explanation, cut });
      else refused(new Error(data.error));
    }
  });
});

/** @param say Hears how far the model is loaded. */
export async function about(say: (line: string) => void): Promise<About> {
  loading.add(say);
  const { about: found, backend } = await loaded.finally(() => loading.delete(say));
  say(`The model is loaded, and computes here by ${backend}. What you say stays in this page.`);
  return found;
}

/** @throws One line for the person who asked. */
export async function answer({ text, audio }: Asked): Promise<Answered> {
  const { maxSeconds } = (await loaded).about;
  const samples = audio && (await monoSamples(audio).catch(() => refuse(audio)));
  const longest = maxSeconds * SAMPLE_RATE;
  const cut = samples !== undefined && samples.length > longest;
  asked += 1;
  const message: ToWorker = { id: asked, utterance: { text, ...(samples && { audio: samples.slice(0, longest) }) } };
  return new Promise((resolve, reject) => {
    waiting.set(message.id, { resolve, reject, cut });
    worker.postMessage(message);
  });
}

/** An export has no recordings of its own. */
export async function exampleClip(_path: string, label: string): Promise<File> {
  throw new Error(`${label}: no such recording`);
}

function refuse({ name }: File): never {
  throw new Error(`${name} is no recording that this browser can play; wav, mp3 and flac are.`);
}
