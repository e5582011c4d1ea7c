import type * as tf from '@tensorflow/tfjs';

/** The part of WebGPU's device that tells what nobody else has asked for. */
type Device = { onuncapturederror: ((event: { error: { message: string } }) => void) | null };
type DeviceBackend = tf.KernelBackend & { device: Device };

const watched = new WeakSet<object>();

/**
 * Makes errors of a WebGPU device throw: without this they are a line on the console and numbers that are wrong. The first one is thrown by
 * every read of a tensor's data from then on, as nothing that the device computes can be trusted any more.
 */
export function throwDeviceErrors(backend: tf.KernelBackend): void {
  const { device } = backend as DeviceBackend;
  if (!device || watched.has(backend)) return;
  watched.add(backend);
  let problem: string | undefined;
  device.onuncapturederror = ({ error }) => {
    problem ??= error.message.split('\n')[0];
  };
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    const values = await read(dataId);
    if (problem !== undefined) throw new Error(`WebGPU: ${problem}`);
    return values;
  };
}
