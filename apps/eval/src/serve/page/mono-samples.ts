/** Hz: what a model hears. */
export const SAMPLE_RATE = 16_000;

/**
 * The samples of a recording that the browser can play: one channel, the mean of all, at the model's rate.
 *
 * @throws Where the browser cannot play it.
 */
export async function monoSamples(recording: Blob): Promise<Float32Array> {
  const context = new OfflineAudioContext(1, 1, SAMPLE_RATE);
  const decoded = await context.decodeAudioData(await recording.arrayBuffer());
  const channels = Array.from({ length: decoded.numberOfChannels }, (_, c) => decoded.getChannelData(c));
  return channels[0]!.map((_, i) => channels.reduce((sum, channel) => sum + channel[i]!, 0) / channels.length);
}
