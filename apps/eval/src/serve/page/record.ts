import { monoSamples, SAMPLE_RATE } from './mono-samples';
import { wavOf } from './wav-of';

export type Recording = { stop(): void /** A wav file, once it has stopped. */; file: Promise<File> };

/**
 * Records from the microphone, until it is stopped or so many seconds are over.
 *
 * @throws One line that says what to do, if the microphone cannot be had.
 */
export async function record(seconds: number): Promise<Recording> {
  const stream = await microphone();
  const recorder = new MediaRecorder(stream, { audioBitsPerSecond: 128_000 });
  const parts: Blob[] = [];
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  const stopped = new Promise((resolve) => recorder.addEventListener('stop', resolve, { once: true }));
  const stop = () => recorder.state === 'recording' && recorder.stop();
  recorder.start();
  const timer = setTimeout(stop, seconds * 1000);
  const file = stopped.then(() => {
    clearTimeout(timer);
    for (const track of stream.getTracks()) track.stop();
    return wavFileOf(new Blob(parts));
  });
  return { stop, file };
}

async function microphone(): Promise<MediaStream> {
  if (!navigator.mediaDevices)
    throw new Error(
      'Browsers give the microphone only to pages of this machine (http://localhost) or on https. Open it there, or choose a recording.',
    );
  // As it sounds: what a call makes of a voice is not what the model learned from.
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return navigator.mediaDevices.getUserMedia({ audio }).catch(({ name }: DOMException) => {
    throw new Error(
      name === 'NotFoundError'
        ? 'No microphone was found. Connect one and press Record again, or choose a recording.'
        : name === 'NotAllowedError'
          ? 'The microphone is not allowed. Allow it for this page, beside the address, and press Record again; or choose a recording.'
          : 'The microphone cannot be used; another program may have it. Close that and press Record again, or choose a recording.',
    );
  });
}

/** What the browser recorded, in the form that every reader of sound knows. */
const wavFileOf = async (recorded: Blob): Promise<File> =>
  new File([wavOf(await monoSamples(recorded), SAMPLE_RATE)], 'your recording', { type: 'audio/wav' });
