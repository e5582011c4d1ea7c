import { expect, test } from 'vitest';
import { data2VecAudioConfigJson, data2VecAudioFrames, readData2VecAudioConfig } from './data2vec-audio-config';

const base = { model_type: 'data2vec-audio' };

test('what config.json leaves out is data2vec-audio-base', () => {
  const config = readData2VecAudioConfig(base);
  expect(config).toMatchObject({
    dModel: 768,
    numLayers: 12,
    numHeads: 12,
    width: 3072,
    layerDrop: 0.1,
    epsilon: 1e-5,
  });
  expect(config.positions).toEqual({ numLayers: 5, kernel: 19, groups: 16 });
  expect(config.mask.time).toEqual({ prob: 0.05, length: 10, minSpans: 2 });
  expect(data2VecAudioFrames(96_000, config)).toBe(299);
});

test('what is written is read again, other fields kept', () => {
  const original = {
    ...base,
    hidden_size: 96,
    vocab_size: 77,
    conv_bias: true,
    mask_feature_prob: 0.2,
    torch_dtype: 'float16',
  };
  const config = readData2VecAudioConfig(original);
  const written = data2VecAudioConfigJson(config, original);
  expect(readData2VecAudioConfig(written)).toEqual(config);
  expect(written).toMatchObject({
    vocab_size: 77,
    hidden_size: 96,
    dtype: 'float32',
    architectures: ['Data2VecAudioModel'],
  });
  expect(written).not.toHaveProperty('torch_dtype');
});

test('says all that is wrong in one error', () => {
  const wrong = {
    model_type: 'wav2vec2',
    hidden_size: '768',
    hidden_act: 'swish',
    conv_dim: [512, 0],
    layerdrop: 2,
    attention_dropout: 1,
    apply_spec_augment: 1,
    add_adapter: true,
  };
  const read = () => readData2VecAudioConfig(wrong, 'folder/config.json');
  expect(read).toThrow(
    'folder/config.json: model_type: expected data2vec-audio, found "wav2vec2"; add_adapter: expected false: adapters are not built',
  );
  for (const part of [
    'hidden_size: expected a whole number of 1 .. 1048576, found "768"',
    'hidden_act: expected gelu or relu, found "swish"',
    'conv_dim: expected a list of whole numbers, found [512,0]',
    'layerdrop: expected a number of 0 .. 1, found 2',
    'attention_dropout: expected a number of 0 .. 1 (exclusive), found 1',
    'apply_spec_augment: expected true or false, found 1',
  ]) {
    expect(read).toThrow(part);
  }
  expect(() => readData2VecAudioConfig([])).toThrow('config.json: expected a JSON object');
});

test('says what does not fit together', () => {
  const read = () => readData2VecAudioConfig({ ...base, hidden_size: 50, conv_kernel: [3] });
  expect(read).toThrow('num_attention_heads: 12 do not divide hidden_size 50');
  expect(read).toThrow('num_conv_pos_embedding_groups: 16 do not divide hidden_size 50');
  expect(read).toThrow('conv_dim, conv_kernel, conv_stride: expected lists of one length, found 7, 1, 7');
});
