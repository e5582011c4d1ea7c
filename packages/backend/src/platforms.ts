import { CUDA_WHEELS } from './cuda-wheels';
import { BackendError } from './errors';
import type { PinnedWheel } from './pinned-wheel';

export type Variant = 'cpu' | 'gpu';

/** Where a platform's TensorFlow libraries come from, and what is needed of them; it is TensorFlow's wheel. */
export type NativeRow = PinnedWheel & {
  /** Names the cached copy, such as `tensorflow-cpu-2.21.0-linux-x64`. */
  key: string;
  variant: Variant;
  /** NVIDIA's wheels, unpacked beside TensorFlow's libraries. */
  cuda?: readonly PinnedWheel[];
  /** The two libraries: their names in the wheel's `tensorflow` folder, and the names the linker looks for. */
  libraries: { file: string; link: string }[];
  /** Whether this row was seen running, not only looked up. */
  tried: boolean;
};

const LINUX_LIBRARIES = [
  { file: 'libtensorflow_cc.so.2', link: 'libtensorflow.so' },
  { file: 'libtensorflow_framework.so.2', link: 'libtensorflow_framework.so' },
];
const MAC_LIBRARIES = [
  { file: 'libtensorflow_cc.2.dylib', link: 'libtensorflow.dylib' },
  { file: 'libtensorflow_framework.2.dylib', link: 'libtensorflow_framework.dylib' },
];

/** One row for each platform and variant. Each wheel was downloaded once, its checksum and its members compared. */
export const NATIVE_ROWS: Record<string, NativeRow> = {
  'linux-x64 cpu': {
    key: 'tensorflow-cpu-2.21.0-linux-x64',
    variant: 'cpu',
    project: 'tensorflow-cpu',
    version: '2.21.0',
    platformTag: 'manylinux_2_27_x86_64',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    megabytes: 274,
    libraries: LINUX_LIBRARIES,
    tried: true,
  },
  'linux-x64 gpu': {
    key: 'tensorflow-gpu-2.21.0-linux-x64',
    variant: 'gpu',
    project: 'tensorflow',
    version: '2.21.0',
    platformTag: 'manylinux_2_27_x86_64',
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    megabytes: 572,
    cuda: CUDA_WHEELS,
    libraries: LINUX_LIBRARIES,
    tried: true, // on a machine without a card
  },
  'linux-arm64 cpu': {
    key: 'tensorflow-cpu-2.21.0-linux-arm64',
    variant: 'cpu',
    project: 'tensorflow',
    version: '2.21.0',
    platformTag: 'manylinux_2_27_aarch64',
    sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
    megabytes: 282,
    libraries: LINUX_LIBRARIES,
    tried: false,
  },
  'darwin-arm64 cpu': {
    key: 'tensorflow-cpu-2.21.0-darwin-arm64',
    variant: 'cpu',
    project: 'tensorflow',
    version: '2.21.0',
    platformTag: 'macosx_12_0_arm64',
    sha256: '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
    megabytes: 223,
    libraries: MAC_LIBRARIES,
    tried: false,
  },
};

/** `linux-x64` and the like, as Node names them. */
export const currentPlatform = (): string => `${process.platform}-${process.arch}`;

/**
 * The row of a platform and variant.
 *
 * @throws BackendError if there is no such row; it lists those there are.
 */
export function nativeRow(variant: Variant = 'cpu', platform: string = currentPlatform()): NativeRow {
  const row = NATIVE_ROWS[`${platform} ${variant}`];
  if (row) return row;
  const known = Object.keys(NATIVE_ROWS).join(', ');
  throw new BackendError(`there is no native backend for ${platform} ${variant}; there is one for ${known}`);
}
