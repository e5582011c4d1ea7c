// Two files of ogv's are used: libopus and libvorbis as WebAssembly, fed with the packets of an Ogg file.
type OgvDecoder = {
  /** The samples of the last packet, a channel each. */
  audioBuffer: Float32Array[] | null;
  init(done: () => void): void;
  /** Calls back at once: 1 if the packet is what it should be, else 0. */
  processHeader(packet: Uint8Array, done: (fine: number) => void): void;
  processAudio(packet: Uint8Array, done: (fine: number) => void): void;
};

declare module 'ogv/dist/ogv-decoder-audio-opus-wasm.js' {
  export default function create(): Promise<OgvDecoder>;
}
declare module 'ogv/dist/ogv-decoder-audio-vorbis-wasm.js' {
  export default function create(): Promise<OgvDecoder>;
}
