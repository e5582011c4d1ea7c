// `pnpm test:gpu-install`: TensorFlow's library for GPUs with NVIDIA's, downloaded anew (3.4 GB, and 11 GB of disk for a while), each file compared
// with its checksum, each library opened, and the backend run on the CPU, as without a card; linux-x64, three minutes with a fast network. Prints sizes and times.
import { runLongTest } from './lib.mjs';

const only = ['--testNamePattern', 'the library for GPUs, without one', '--disableConsoleIntercept'];
runLongTest('packages/backend', 'src/gpu-install.test.ts', { MMOLRE_GPU_INSTALL: '1' }, only);
