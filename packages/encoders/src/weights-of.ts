import { leaves, type Params } from '@mmolre/nn';

/** Every weight with its path and shape, as what a hash of them all is made from. */
export function* weightsOf(params: Params): Generator<string | Uint8Array> {
  for (const [path, leaf] of leaves(params)) {
    const { buffer, byteOffset, byteLength } = leaf.dataSync();
    yield `${path} ${leaf.shape} `;
    yield new Uint8Array(buffer, byteOffset, byteLength);
  }
}
