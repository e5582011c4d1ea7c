import * as tf from '@tensorflow/tfjs';
import { numbersOf } from './numbers-of';

/** Every dtype of the format. What `toTensor` cannot turn into numbers of tfjs may still stand in a file beside the model's own. */
export const BYTES_PER_ENTRY = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1 },
  ...{ I16: 2, U16: 2, F16: 2, BF16: 2 },
  ...{ I32: 4, U32: 4, F32: 4 },
  ...{ I64: 8, U64: 8, F64: 8 },
} as const;

export type StoredDtype = keyof typeof BYTES_PER_ENTRY;

/** The dtypes that become a tfjs tensor of either type, the one that is written first. */
export const DTYPES_OF = { float32: ['F32', 'F16', 'BF16', 'F64'], int32: ['I32'] } as const;

/** One tensor of a file: its bytes are a view, not a copy. */
export type StoredTensor = { dtype: StoredDtype; shape: number[]; bytes: Uint8Array };

/**
 * A stored tensor as a tfjs tensor; half precision, bfloat16 and double precision are read into float32.
 *
 * @throws If its dtype is another: of integers, only 32 bits with a sign are read.
 */
export function toTensor(stored: StoredTensor): tf.Tensor {
  return tf.tensor(valuesOf(stored), stored.shape, stored.dtype === 'I32' ? 'int32' : 'float32');
}

/** The numbers of a stored tensor, as `toTensor` takes them. */
export function valuesOf({ dtype, shape, bytes }: StoredTensor): Float32Array | Int32Array {
  // Typed arrays need aligned bytes of their own: those of a part of a file are copied, those of a whole buffer are taken.
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  const buffer = (whole ? bytes : new Uint8Array(bytes)).buffer as ArrayBuffer;
  if (dtype === 'I32') return new Int32Array(buffer);
  if (dtype === 'F16') {
    const half = { name: 'half', shape, dtype: 'float32', quantization: { dtype: 'float16' } } as const;
    return numbersOf(() => tf.io.decodeWeights(buffer, [half]).half!);
  }
  return toFloats(dtype, buffer);
}

function toFloats(dtype: StoredDtype, buffer: ArrayBuffer): Float32Array {
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return Float32Array.from(new Float64Array(buffer));
    case 'BF16': {
      // The upper half of a float32.
      const words = new Uint16Array(buffer);
      const bits = new Uint32Array(words.length);
      for (let i = 0; i < words.length; i++) bits[i] = words[i]! << 16;
      return new Float32Array(bits.buffer);
    }
    default:
      throw new Error(
        `a tensor of dtype ${dtype} cannot be read, expected one of ${Object.values(DTYPES_OF).flat().join(', ')}`,
      );
  }
}
