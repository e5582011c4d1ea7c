import * as tf from '@tensorflow/tfjs';
import { onOneLine } from './on-one-line';
import { mapLeaves, type Params } from './params';
import { DTYPES_OF, type StoredTensor, valuesOf } from './stored-tensor';

/**
 * A tree like `template` with the values of a file; strict. Half precision, bfloat16 and double precision fill float32.
 *
 * @param prefix Put before each path to make the file's key.
 * @throws One line that lists the tensors that are missing, unexpected, misshapen or of another type (`b: expected F32, found I32`), or, if
 *   there are none, those that hold NaN or infinity; of many the first twenty.
 */
export function fillParams<P extends Params>(
  template: P,
  stored: ReadonlyMap<string, StoredTensor>,
  name: string,
  prefix = '',
): P {
  const problems: string[] = [];
  const expected = new Set<string>();
  mapLeaves(template, (leaf, path) => {
    const key = prefix + path;
    expected.add(key);
    const found = stored.get(key);
    const dtypes: readonly string[] = DTYPES_OF[leaf.dtype as 'float32' | 'int32'];
    if (!found) problems.push(`missing ${key}`);
    else if (found.shape.join() !== leaf.shape.join()) {
      problems.push(`${key}: expected [${leaf.shape.join(', ')}], found [${found.shape.join(', ')}]`);
    } else if (!dtypes.includes(found.dtype)) problems.push(`${key}: expected ${dtypes[0]}, found ${found.dtype}`);
    return leaf;
  });
  for (const key of stored.keys()) if (key.startsWith(prefix) && !expected.has(key)) problems.push(`unexpected ${key}`);
  if (problems.length > 0) throw new Error(`${name}: does not fit the model: ${listed(problems)}`);
  const values = new Map([...expected].map((key) => [key, valuesOf(stored.get(key)!)]));
  const broken = [...values].filter(([, numbers]) => !areFinite(numbers)).map(([key]) => key);
  if (broken.length > 0)
    throw new Error(`${name}: expected finite numbers, found NaN or infinity in ${listed(broken)}`);
  return mapLeaves(template, ({ shape, dtype }, path) => tf.tensor(values.get(prefix + path)!, shape, dtype));
}

/** All bits of the exponent, which only NaN and infinity have. */
const EXPONENT = 0x7f80_0000;

function areFinite(numbers: Float32Array | Int32Array): boolean {
  if (numbers instanceof Int32Array) return true;
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & EXPONENT) === EXPONENT) return false;
  return true;
}

const MAX_LISTED = 20;

/** On one line, whatever a file's keys are. */
function listed(items: readonly string[]): string {
  const more = items.length - MAX_LISTED;
  const shown = items.slice(0, MAX_LISTED).map((item) => onOneLine(item.slice(0, 300)));
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
