import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textKinds } from '@mmolre/encoders';
import { expect, test } from 'vitest';
import { resolveConfig } from './resolve-config';
import { nameOf } from './run-training';

const model = (sources: Partial<Parameters<typeof resolveConfig>[0]>) =>
  resolveConfig({ preset: 'compact', set: [], userPath: (path) => join('/home/user', path), ...sources }).model;

test('a kind takes its preset, settings win over it, and a folder counts from where the user stands', () => {
  expect(model({ text: 'minilm' }).text).toEqual(textKinds.minilm.preset());
  const { text, audio } = model({
    text: 'bert=weights/bert',
    audio: 'data2vec-audio=hf:owner/name',
    set: ['model.text.maxTokens=20'],
  });
  expect(text).toEqual({ ...textKinds.bert.preset(), model: '/home/user/weights/bert', maxTokens: 20 });
  expect(audio).toMatchObject({ kind: 'data2vec-audio', model: 'hf:owner/name', project: true });
});

test('of the paper presets only the place changes; a file or a setting may name it too', () => {
  const paper = resolveConfig({ preset: 'paper-mosei', set: [] });
  const changed = model({ preset: 'paper-mosei', text: 'roberta=a=b' });
  expect(changed).toEqual({ ...paper.model, text: { ...paper.model.text, model: '/home/user/a=b' } });
  const file = join(mkdtempSync(join(tmpdir(), 'mmolre-encoder-')), 'run.yaml');
  writeFileSync(file, 'model: { text: { model: one }, audio: { model: two } }');
  const { text, audio } = model({ preset: 'paper-mosi', file, set: ['model.audio.model=three'] });
  expect([text, audio]).toMatchObject([{ model: '/home/user/one' }, { model: '/home/user/three' }]);
});

test.each([
  [{ text: 'robertta' }, '--text robertta: expected one of bert, compact, minilm, roberta'],
  [{ audio: 'minilm' }, '--audio minilm: expected one of compact, data2vec-audio, such as data2vec-audio=folder'],
  [{ text: 'compact=folder' }, '--text compact=folder: the compact encoder reads no weights'],
  [{ set: ['model.text.model=folder'] }, "unknown field 'model.text.model'"],
])('%j is refused', (sources, message) => {
  expect(() => model(sources)).toThrow(message);
});

test('a run is named after the kinds that were asked for', () => {
  expect(nameOf({ preset: 'compact', text: 'minilm=/a/b' })).toBe('compact-text-minilm');
  expect(nameOf({ preset: 'quick', variant: 'ple', audio: 'data2vec-audio' })).toBe('quick-ple-audio-data2vec-audio');
});
