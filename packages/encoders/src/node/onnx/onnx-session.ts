import { existsSync } from 'node:fs';
import { LIBRARY_NAMES, type OnnxFeed, type OnnxLibrary, type OnnxResult } from './onnx-protocol';
import { type OnnxThread, threadOf, WORKER } from './onnx-thread';

/** A model of which one run is asked after another; each waits for its result. */
export type OnnxSession = {
  /** The library that runs it. */
  library: OnnxLibrary;
  /** The names of the model's inputs and outputs. */
  inputs: readonly string[];
  outputs: readonly string[];
  /** @throws If the model refuses what it is fed, or does not answer within ten minutes. */
  run(feeds: Record<string, OnnxFeed>, output: string): OnnxResult;
  /** Frees the model's memory. */
  close(): Promise<void>;
};

export type OnnxSessionOptions = {
  /** The library that has to run it; absent, `@huggingface/transformers` if that is installed, else `@xenova/transformers`. */
  library?: OnnxLibrary | undefined;
  /** The built worker, if it is not the package's. */
  worker?: URL;
};

/** What is put behind the name of an ONNX file for that of its weights, where they are in a file of their own. */
export const WEIGHTS_BESIDE = ['_data', '.data'] as const;

let models = 0;

/**
 * Opens an ONNX file. The libraries only run asynchronously, an encoder answers at once: so they have a thread of their own, and the
 * caller's sleeps while that one computes (on as many cores as there are). Nothing is asked of the network.
 *
 * @param file An absolute path.
 * @throws One error for people: no library is installed, or what is wrong with the file.
 */
export async function openOnnx(file: string, options: OnnxSessionOptions = {}): Promise<OnnxSession> {
  const { library, thread } = await findThread(options);
  const model = models++;
  const reply = await thread.order({ model, file });
  if ('problem' in reply) {
    const isSplit = library === 'xenova' && WEIGHTS_BESIDE.some((suffix) => existsSync(`${file}${suffix}`));
    const hint = isSplit ? '; its weights are in a file of their own, which only @huggingface/transformers reads' : '';
    throw new Error(`${file}: ${reply.problem}${hint}`);
  }
  if (!('inputs' in reply)) throw new Error(`${file}: unexpected answer from the thread of ${library}`);
  let isOpen = true;

  function run(feeds: Record<string, OnnxFeed>, output: string): OnnxResult {
    if (!isOpen) throw new Error(`${file}: the encoder has been closed`);
    const answer = thread.run({ model, feeds, output });
    if ('result' in answer) return answer.result;
    const shapes = Object.entries(feeds).map(([name, { type, dims }]) => `${name} ${type} [${dims.join(', ')}]`);
    throw new Error(`${file}: ${answer.problem} (it was fed ${shapes.join(', ') || 'nothing'})`);
  }

  async function close(): Promise<void> {
    if (!isOpen) return;
    isOpen = false;
    await thread.order({ model, close: true });
  }

  return { library, inputs: reply.inputs, outputs: reply.outputs, run, close };
}

/** The first library that is installed. */
async function findThread({
  library,
  worker = WORKER,
}: OnnxSessionOptions): Promise<{ library: OnnxLibrary; thread: OnnxThread }> {
  const libraries = library ? [library] : (Object.keys(LIBRARY_NAMES) as OnnxLibrary[]);
  for (const library of libraries) {
    const thread = await threadOf(library, worker);
    if ('run' in thread) return { library, thread };
    if (!thread.isAbsent)
      throw new Error(`${LIBRARY_NAMES[library]} is installed but does not load: ${thread.problem}`);
  }
  const names = libraries.map((name) => LIBRARY_NAMES[name]);
  const found = names.length === 1 ? 'which is not installed' : 'and neither is installed';
  throw new Error(`ONNX encoders run on ${names.join(' or ')}, ${found}: npm install --ignore-scripts ${names[0]}`);
}
