import '@tensorflow/tfjs-backend-webgpu';
import { useWebBackend, WEB_BACKENDS } from '@mmolre/backend/web';
import { disposeParams } from '@mmolre/nn';
import { type Answering, type Explanation, explanationsOf } from '@mmolre/training/explanations';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { distance, type ExportedFacts, FACTS_FILE, openExported, PROBE } from './exported';
import type { FromWorker, ToWorker } from './messages';

// The model of an export, in a thread of its own: it is loaded once, then answers questions in their order.

/** Beyond this a backend computes wrongly for this model. */
const CLOSE = 1e-3;

const tell = (message: FromWorker) => postMessage(message);
setWasmPaths(new URL('./', location.href).href);
const ready = open();
ready.then(
  ({ facts, backend }) => tell({ kind: 'ready', about: facts.about, backend }),
  ({ message }: Error) => tell({ kind: 'failed', error: message }),
);

addEventListener('message', async ({ data }: MessageEvent<ToWorker>) => {
  try {
    const { answering } = await ready;
    const [explanation] = explanationsOf(answering, [data.utterance]);
    tell({ kind: 'answer', id: data.id, explanation: explanation! });
  } catch (error) {
    tell({ kind: 'refused', id: data.id, error: (error as Error).message });
  }
});

async function open(): Promise<{ facts: ExportedFacts; answering: Answering; backend: string }> {
  const facts: ExportedFacts = await (await fetched(FACTS_FILE)).json();
  const files = await modelFiles(facts);
  const reasons: string[] = [];
  const hasWebGpu = await navigator.gpu?.requestAdapter().catch(() => null);
  for (const backend of WEB_BACKENDS.filter((name) => name !== 'webgpu' || hasWebGpu)) {
    let answering: Answering | undefined;
    try {
      await useWebBackend({ backend });
      answering = await openExported(facts, files);
      const found: Explanation = explanationsOf(answering, [PROBE])[0]!;
      const away = distance(found, facts.probe);
      if (!(away <= CLOSE)) throw new Error(`${backend} is ${away} away from what the model says`);
      return { facts, answering, backend };
    } catch (error) {
      reasons.push((error as Error).message.split('\n')[0]!);
      if (answering) disposeParams(answering.model.params);
    }
  }
  throw new Error(`This browser cannot run the model: ${reasons.join('; ')}`);
}

async function modelFiles({ files }: ExportedFacts): Promise<Map<string, Uint8Array>> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const found = new Map<string, Uint8Array>();
  let before = 0;
  for (const { name, bytes } of files) {
    const content = new Uint8Array(bytes);
    let at = 0;
    for await (const part of chunks(await fetched(`model/${name}`))) {
      if (at + part.length > bytes) throw new Error(`${name}: expected ${bytes} bytes, found more`);
      content.set(part, at);
      at += part.length;
      tell({ kind: 'loading', share: (before + at) / total });
    }
    if (at < bytes) throw new Error(`${name}: expected ${bytes} bytes, found ${at}`);
    found.set(name, content);
    before += bytes;
  }
  return found;
}

/** The parts of an answer as they come; not every browser can loop over its body. */
async function* chunks({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body!.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}

async function fetched(name: string): Promise<Response> {
  const response = await fetch(new URL(name, new URL('./', location.href))).catch(() => undefined);
  if (!response?.ok)
    throw new Error(`${name} could not be fetched; is the folder whole, and served as it was written?`);
  return response;
}
