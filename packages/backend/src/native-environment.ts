/**
 * TensorFlow's settings, to be in place before the addon loads; what the user set stays. oneDNN makes matmuls up to
 * half as fast again on CPUs without AVX-512, where TensorFlow leaves it off.
 */
export function nativeEnvironment(): { TF_ENABLE_ONEDNN_OPTS: string; TF_CPP_MIN_LOG_LEVEL: string } {
  return {
    TF_ENABLE_ONEDNN_OPTS: process.env.TF_ENABLE_ONEDNN_OPTS ?? '1',
    TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? '2',
  };
}
