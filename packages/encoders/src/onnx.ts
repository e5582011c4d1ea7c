// @mmolre/encoders/onnx: frozen encoders from ONNX files, by one of two libraries that a user installs besides.

export { loadOnnxAudio, type OnnxAudioOptions } from './onnx-audio';
export type { OnnxEncoder, OnnxOptions } from './onnx-encoder';
export { ONNX_FILES } from './onnx-folder';
export type { OnnxLibrary } from './onnx-protocol';
export { loadOnnxText, type OnnxTextOptions } from './onnx-text';
