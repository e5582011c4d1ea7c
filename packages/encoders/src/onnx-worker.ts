import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import {
  LIBRARY_NAMES,
  type ModelOrder,
  type ModelReply,
  type OnnxLibrary,
  type OnnxRun,
  type RunReply,
  type ThreadReady,
  type ThreadTask,
} from './node/onnx/onnx-protocol';

// The program of the worker thread that runs one library's models. See onnx-thread.ts.

type LibraryTensor = { type: string; data: unknown; dims: readonly number[] };
type Session = { inputNames: readonly string[]; outputNames: readonly string[] };
type Model = {
  (feeds: Record<string, LibraryTensor>): Promise<Record<string, LibraryTensor>>;
  dispose(): Promise<unknown>;
  /** @xenova/transformers 2 */ session?: Session;
  /** @huggingface/transformers 4 */ sessions?: { model: Session };
};
/** What both libraries have in common. */
type Library = {
  env: Record<string, unknown>;
  Tensor: new (type: string, data: unknown, dims: readonly number[]) => LibraryTensor;
  PreTrainedModel: { from_pretrained(folder: string, options: Record<string, unknown>): Promise<Model> };
};

const imports: Record<OnnxLibrary, () => Promise<unknown>> = {
  huggingface: () => import('@huggingface/transformers'),
  xenova: () => import('@xenova/transformers'),
};

const { library: name, port, signal } = workerData as ThreadTask;
const models = new Map<number, Model>();

/** What the library printed: the reason of a failure is only there, sometimes. */
let printed: Error[] = [];
for (const kind of ['log', 'info', 'warn', 'error'] as const) {
  console[kind] = (...parts) => printed.push(...parts.filter((part) => part instanceof Error));
}

let library: Library;
try {
  library = (await imports[name]()) as Library;
  // The thread has the library to itself, so that the settings are nobody else's.
  Object.assign(library.env, { allowRemoteModels: false, useFSCache: false, useBrowserCache: false });
  // One after another: the settings change with what is opened.
  let last = Promise.resolve();
  parentPort!.on('message', (order: ModelOrder) => {
    last = last.then(async () => {
      const reply = await obey(order).catch((error: Error): ModelReply => {
        const [reason = error] = printed;
        return { model: order.model, problem: `${LIBRARY_NAMES[name]} cannot open it: ${reason.message}` };
      });
      printed = [];
      parentPort!.postMessage(reply);
    });
  });
  port.on('message', async (run: OnnxRun) => {
    const reply = await compute(run).catch((error: Error): RunReply => ({ run: run.run, problem: error.message }));
    printed = [];
    port.postMessage(reply, 'result' in reply ? [reply.result.data.buffer as ArrayBuffer] : []);
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  });
  parentPort!.postMessage({ ready: true } satisfies ThreadReady);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const isAbsent = code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${LIBRARY_NAMES[name]}'`);
  parentPort!.postMessage({ problem: message, isAbsent } satisfies ThreadReady);
}

async function obey(order: ModelOrder): Promise<ModelReply> {
  const { model: id } = order;
  if ('close' in order) {
    await models.get(id)?.dispose();
    models.delete(id);
    return { model: id, closed: true };
  }
  const model = await open(order.file);
  models.set(id, model);
  const { inputNames, outputNames } = (model.session ?? model.sessions?.model)!;
  return { model: id, inputs: [...inputNames], outputs: [...outputNames] };
}

async function open(file: string): Promise<Model> {
  const { env, PreTrainedModel } = library;
  const options = {
    config: { model_type: 'custom' },
    local_files_only: true,
    model_file_name: basename(file, '.onnx'),
  };
  if (name === 'huggingface') {
    return PreTrainedModel.from_pretrained(dirname(file), { ...options, subfolder: '', dtype: 'fp32', device: 'cpu' });
  }
  // This one looks for models below a folder of its own, in `onnx` only: it is handed the file instead.
  const match = async (path: string) => (path.endsWith('.onnx') ? new Response(await readFile(file)) : undefined);
  Object.assign(env, { useCustomCache: true, customCache: { match, put: async () => {} } });
  return PreTrainedModel.from_pretrained('model', { ...options, quantized: false });
}

async function compute({ run, model, feeds, output }: OnnxRun): Promise<RunReply> {
  const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
    name,
    new library.Tensor(type, data, dims),
  ]);
  const { type, data, dims } = (await models.get(model)!(Object.fromEntries(tensors)))[output]!;
  if (type !== 'float32') return { run, problem: `its output '${output}' has ${type} numbers; expected float32` };
  return { run, result: { data: (data as Float32Array).slice(), dims: [...dims] } };
}
