import { mapLeaves, type Params } from './params';
import { DTYPES_OF, type StoredTensor, toTensor } from './stored-tensor';

/**
 * A tree like `template` with the values of a file; strict. Half precision, bfloat16 and double precision fill float32.
 *
 * @param prefix Put before each path to make the file's key.
 * @throws One error that lists every tensor that is missing, unexpected, misshapen or of another type (`b: expected F32, found I32`).
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
  if (problems.length > 0) throw new Error(`${name}: does not fit the model: ${problems.join('; ')}`);
  return mapLeaves(template, (_, path) => toTensor(stored.get(prefix + path)!));
}
