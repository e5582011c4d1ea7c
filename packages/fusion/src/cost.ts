import type { FusionConfig } from './fusion';

/**
 * What a fusion holds, and its multiply-adds for one sample: matrix products, attention's two among them; biases, norms and
 * softmaxes are not counted.
 *
 * @param text Positions of the text, without the [cls] that the fusion adds.
 * @param audio Positions of the audio, without that either.
 */
export function fusionCost(
  { dModel: D, numLayers, width, shareDirections = false }: Omit<FusionConfig, 'numHeads' | 'dropout'>,
  text: number,
  audio: number,
): { parameters: number; multiplyAdds: number } {
  const feedForward = 2 * D * width;
  const sideParameters = 2 * 4 * (D * D + D) + feedForward + width + D + 3 * 2 * D;
  /** @param outputs How many of its own positions a layer gives. */
  const side = (own: number, other: number, outputs: number) =>
    attentionMultiplyAdds(D, own, other) + attentionMultiplyAdds(D, outputs, own) + outputs * feedForward;
  const [T, A] = [text + 1, audio + 1];
  return {
    parameters: 2 * D + numLayers * (shareDirections ? 1 : 2) * sideParameters,
    multiplyAdds: (numLayers - 1) * (side(T, A, T) + side(A, T, A)) + side(T, A, 1) + side(A, T, 1),
  };
}

/** Projections of queries and output, of keys and values, and the two products between them. */
function attentionMultiplyAdds(D: number, queries: number, memory: number): number {
  return 2 * D * D * (queries + memory) + 2 * queries * memory * D;
}
