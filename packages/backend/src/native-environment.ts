import { findCards } from './cards';
import type { Variant } from './platforms';

/** oneDNN makes matmuls up to half as fast again on CPUs without AVX-512, where TensorFlow leaves it off. */
const ALWAYS = { TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '2' };

/** A card's memory is taken as it is needed, not all at once; the same program gives the same bits again; float32 is multiplied as float32. */
const ON_GPU = { TF_FORCE_GPU_ALLOW_GROWTH: 'true', TF_DETERMINISTIC_OPS: '1', NVIDIA_TF32_OVERRIDE: '0' };

/** TensorFlow's settings, to be in place before the addon loads; what the user set stays. */
export function nativeEnvironment(variant: Variant): Record<string, string> {
  return asTheUserSet(variant === 'gpu' ? { ...ALWAYS, ...gpuEnvironment() } : ALWAYS);
}

/** Those for the GPU library alone. If it can use no card, they are hidden from it: it would take one, and fail at the first operation. */
export function gpuEnvironment(): Record<string, string> {
  const { cards, fault } = findCards();
  return asTheUserSet(fault && cards.length > 0 ? { ...ON_GPU, CUDA_VISIBLE_DEVICES: '-1' } : ON_GPU);
}

const asTheUserSet = (settings: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, process.env[name] ?? value]));
