// @mmolre/encoders/onnx: frozen encoders from ONNX files, by one of two libraries that a user installs besides.

export { loadOnnxAudio, type OnnxAudioOptions } from './node/onnx/onnx-audio';
export type { OnnxEncoder, OnnxOptions } from './node/onnx/onnx-encoder';
export { type FindOnnxOptions, findOnnx, hashOnnx } from './node/onnx/onnx-folder';
export type { OnnxLibrary } from './node/onnx/onnx-protocol';
export { loadOnnxText, type OnnxTextOptions } from './node/onnx/onnx-text';
