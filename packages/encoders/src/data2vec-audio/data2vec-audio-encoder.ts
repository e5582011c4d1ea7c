import { leaves, type Mode, numbersOf, type Params, type Sequence } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { SAMPLE_RATE } from '../compact/log-mel';
import type { AudioInput, Encoder } from '../encoder';
import type { FrameCache } from '../frame-cache';
import { lengthMask, padRows } from '../pad-rows';
import { weightsOf } from '../weights-of';
import { data2VecAudio, data2VecFeatures } from './data2vec-audio';
import type { Data2VecAudioConfig } from './data2vec-audio-config';
import type { Data2VecAudioParams } from './data2vec-audio-params';
import { frameLength, normaliseClip, receptiveField } from './raw-audio';

export type Data2VecAudioEncoderOptions = {
  /** A clip is cut at this length: 6, as in MMML. */
  maxSeconds?: number;
  /** See `Data2VecAudioOptions`: off, as in the original. */
  maskPositionalConvs?: boolean;
  /**
   * Whether the convolutional feature extractor trains: no. Frozen, it runs in `prepare`, outside of the gradient and clip by clip, and
   * `encode` reads its frames; `freeze(params.feature_extractor)` says so to the optimizer. Training, `prepare` gives samples.
   */
  trainFeatures?: boolean;
  /** Where to keep what the frozen feature extractor makes of a clip, for the next epoch and the next run: nowhere. */
  cache?: FrameCache;
};

/**
 * The Data2Vec-audio encoder: mono samples at 16 kHz, zero mean and unit variance over each clip, padded to the longest. A clip too short
 * for one frame (25 ms at base size) is filled up with 0.
 *
 * @throws If a cache is asked for while the feature extractor trains.
 */
export function createData2VecAudio(
  config: Data2VecAudioConfig,
  params: Data2VecAudioParams,
  options: Data2VecAudioEncoderOptions = {},
): Encoder<Float32Array, AudioInput> {
  const { maxSeconds = 6, maskPositionalConvs = false, trainFeatures = false, cache } = options;
  if (trainFeatures && cache) {
    throw new Error(
      'createData2VecAudio: frames of a feature extractor that trains cannot be cached; drop one of trainFeatures and cache',
    );
  }
  const { convs } = config;
  const maxSamples = Math.round(maxSeconds * SAMPLE_RATE);
  const normalise = (clip: Float32Array) => normaliseClip(clip, maxSamples, receptiveField(convs));
  const width = convs.at(-1)!.channels;
  const hash = cache && weightsHash(params.feature_extractor, cache);

  function features(samples: Float32Array): Float32Array {
    const compute = () =>
      numbersOf(() => {
        const batch = tf.tensor3d(samples, [1, samples.length, 1]);
        return data2VecFeatures(params.feature_extractor, batch, config);
      });
    if (!cache) return compute();
    const model = JSON.stringify(['data2vec-audio', 1, convs, config.convActivation, hash!()]);
    return cache.frames(model, samples, width, compute);
  }

  function prepare(clips: readonly Float32Array[]): AudioInput {
    const samples = clips.map(normalise);
    const { values: frames, mask } = trainFeatures ? padRows(samples, 1) : padRows(samples.map(features), width);
    return { frames, mask };
  }

  function encode({ frames, mask }: AudioInput, mode: Mode): Sequence {
    if (!trainFeatures) {
      return { hidden: data2VecAudio(params, frames, mask, config, { maskPositionalConvs }, mode), mask };
    }
    return tf.tidy(() => {
      const h = data2VecFeatures(params.feature_extractor, frames, config);
      const lengths = [...tf.sum(mask, 1).dataSync()].map((length) => frameLength(length, convs));
      const frameMask = lengthMask(lengths, h.shape[1]);
      return { hidden: data2VecAudio(params, h, frameMask, config, { maskPositionalConvs }, mode), mask: frameMask };
    });
  }

  return { dModel: config.dModel, params, prepare, encode };
}

/** A hash of the weights, computed again only after one of them was given another value. */
function weightsHash(params: Params, cache: FrameCache): () => string {
  let seen: object[] = [];
  let hash = '';
  return () => {
    const tensors = [...leaves(params).values()];
    if (seen.length !== tensors.length || tensors.some(({ dataId }, i) => dataId !== seen[i]))
      [seen, hash] = [tensors.map(({ dataId }) => dataId), cache.hash(weightsOf(params))];
    return hash;
  };
}
