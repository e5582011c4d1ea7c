import { type FrameCacheOptions, frameCache } from '@mmolre/files';
import type { Sequence } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { Encoder } from '../../encoder';
import { padRows } from '../../pad-rows';
import { hashOnnx } from './onnx-folder';
import type { OnnxFeed, OnnxLibrary } from './onnx-protocol';
import type { OnnxSession } from './onnx-session';

/**
 * An encoder that an ONNX file holds. It cannot train: `params` is empty, `prepare` computes the hidden states, and `encode` passes
 * them on.
 */
export type OnnxEncoder<Item> = Encoder<Item, Sequence> & {
  /** The library that runs it. */
  library: OnnxLibrary;
  /** Ends its thread and frees its memory. A program may also just end. */
  close(): Promise<void>;
};

export type OnnxOptions = {
  /** The ONNX file inside of the folder: `onnx/model.onnx`, else `model.onnx`. Its numbers may be quantized, its output is float32. */
  file?: string;
  /** The library that runs it: `@huggingface/transformers` if it is installed, else `@xenova/transformers`. */
  library?: OnnxLibrary;
  /** The output that has the hidden states: `last_hidden_state`. */
  output?: string;
  /**
   * `together`: a batch is padded and run as one, with the attention mask, as Python's `transformers` does. `alone`: each item is run by
   * itself, so that what it becomes does not depend on the batch (of audio: with Data2Vec's positional convolutions, that sees padding).
   */
  batches?: 'together' | 'alone';
  /** Where to keep what an item became, for the next epoch and the next run: nowhere. Only with `alone`. */
  cache?: FrameCacheOptions;
};

/** What one kind of encoder (text or audio) knows of its items. */
type Kind<Item, Row> = {
  /** The absolute path of the ONNX file. */
  file: string;
  session: OnnxSession;
  /** What is computed from an item before the model. */
  read(item: Item): Row;
  /** A batch, padded. Inputs that the model does not have are left out. */
  feeds(rows: readonly Row[]): Record<string, OnnxFeed>;
  /** Positions that the model makes of a row. */
  lengthOf(row: Row): number;
  /** A row as the cache's key. */
  keyOf(row: Row): Float32Array;
  /** Why rows cannot be run together, if they cannot. */
  aloneOnly?: string | undefined;
  /** A short item, run once to see what the model gives. */
  sample: Item;
};

/** @throws If the model has not the inputs and the output that are expected. */
export async function createOnnxEncoder<Item, Row>(
  kind: Kind<Item, Row>,
  { output = 'last_hidden_state', batches, cache }: OnnxOptions,
): Promise<OnnxEncoder<Item>> {
  const { file, session, aloneOnly } = kind;
  if (batches === 'together' && aloneOnly) throw new Error(`${file}: batches: 'together' cannot be: ${aloneOnly}`);
  const alone = batches === 'alone' || aloneOnly !== undefined;
  if (cache && !alone) throw new Error("cache: what an item becomes is only kept with batches: 'alone'");
  checkNames(kind, output);

  /** Hidden states [B, T, D] of rows that are run together. */
  function run(rows: readonly Row[]): { data: Float32Array; T: number; D: number } {
    const T = Math.max(...rows.map(kind.lengthOf));
    const feeds = Object.entries(kind.feeds(rows)).filter(([name]) => session.inputs.includes(name));
    const { data, dims } = session.run(Object.fromEntries(feeds), output);
    const [, , D = 0] = dims;
    if (dims.length !== 3 || dims[0] !== rows.length || dims[1] !== T) {
      throw new Error(`${file}: expected '${output}' of shape [${rows.length}, ${T}, D], found [${dims.join(', ')}]`);
    }
    return { data, T, D };
  }

  const { D: dModel } = run([kind.read(kind.sample)]);
  const disk = cache && frameCache(cache);
  const identity = disk && JSON.stringify(['onnx', 1, session.library, output, await hashOnnx(file)]);
  const statesOf = (row: Row): Float32Array => {
    const compute = () => run([row]).data;
    return disk ? disk.frames(identity!, kind.keyOf(row), dModel, compute) : compute();
  };

  function prepare(items: readonly Item[]): Sequence {
    if (items.length === 0) throw new Error('a batch: expected at least one item, found none');
    const rows = items.map(kind.read);
    const lengths = rows.map(kind.lengthOf);
    const T = Math.max(...lengths);
    const together = alone ? undefined : run(rows).data;
    const states = rows.map((row, b) =>
      together ? together.subarray(b * T * dModel, (b * T + lengths[b]!) * dModel) : statesOf(row),
    );
    const { values: hidden, mask } = padRows(states, dModel);
    return { hidden, mask };
  }

  return {
    dModel,
    params: {},
    library: session.library,
    close: session.close,
    prepare,
    encode: ({ hidden, mask }) => ({ hidden: tf.clone(hidden), mask }),
  };
}

function checkNames<Item, Row>({ file, session, feeds, read, sample }: Kind<Item, Row>, output: string): void {
  const given = Object.keys(feeds([read(sample)]));
  const problems: string[] = [];
  const strange = session.inputs.filter((name) => !given.includes(name));
  if (strange.length > 0 || !session.inputs.includes(given[0]!)) {
    problems.push(
      `expected the input ${given[0]}, and at most ${given.join(', ')}; found ${session.inputs.join(', ')}`,
    );
  }
  if (!session.outputs.includes(output)) {
    const hint = 'name the one of shape [batch, positions, width] with the option output';
    problems.push(`expected the output ${output}, found ${session.outputs.join(', ')}: ${hint}`);
  }
  if (problems.length > 0) throw new Error(`${file}: not an encoder of this kind: ${problems.join('; ')}`);
}
