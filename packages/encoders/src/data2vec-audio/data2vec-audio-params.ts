import type { LayerNormParams, LinearParams } from '@mmolre/nn';
import type * as tf from '@tensorflow/tfjs';

// K kernel, D dModel

export type ConvParams = {
  /** [K, dIn / groups, dOut] */
  weight: tf.Tensor3D;
  /** [dOut] */
  bias?: tf.Tensor1D;
};

export type Data2VecLayerParams = {
  attention: { q_proj: LinearParams; k_proj: LinearParams; v_proj: LinearParams; out_proj: LinearParams };
  layer_norm: LayerNormParams;
  feed_forward: { intermediate_dense: LinearParams; output_dense: LinearParams };
  final_layer_norm: LayerNormParams;
};

/** Frozen by default: `freeze(params.feature_extractor)`. */
export type FeatureExtractorParams = { conv_layers: { conv: ConvParams; layer_norm: LayerNormParams }[] };

/** A Data2Vec-audio encoder, named as in its checkpoint. */
export type Data2VecAudioParams = {
  /** [D]; stands where a frame is masked in training. Not there if the configuration never masks. */
  masked_spec_embed?: tf.Tensor1D;
  feature_extractor: FeatureExtractorParams;
  feature_projection: { layer_norm: LayerNormParams; projection: LinearParams };
  encoder: {
    pos_conv_embed: { layers: { conv: ConvParams }[] };
    layer_norm: LayerNormParams;
    layers: Data2VecLayerParams[];
  };
};
