import { join } from 'node:path';
import { bertLayout, data2VecAudioLayout, mergeLora, withoutProjection } from '@mmolre/encoders';
import { loadData2VecAudio, loadText, saveAdapters, saveData2VecAudio, saveText } from '@mmolre/encoders/node';
import { disposeParams } from '@mmolre/nn';
import type { OpenOptions } from './checkpoint';
import { loadTrainedRun } from './trained-run';

/**
 * Writes the adapters of a run's encoders, each into a folder of its modality: `text`, `audio`. The linear layer between an encoder and a narrower
 * model is no part of them.
 *
 * @param run Its folder.
 * @param options `merged`: whole checkpoints instead, for `transformers`, with the adapters added to the weights that they stand beside.
 * @returns The folders.
 * @throws One line: it is no trained run, or none of its encoders has adapters.
 */
export async function saveRunAdapters(
  run: string,
  folder: string,
  { merged, ...options }: OpenOptions & { merged: boolean },
): Promise<string[]> {
  const { config, model } = await loadTrainedRun(run, options);
  const { text, audio } = config.model;
  const written: string[] = [];
  try {
    if ('lora' in text && text.lora) {
      const base = await loadText(text.model, options);
      const adapters = withoutProjection(model.params.text);
      const at = join(folder, 'text');
      if (merged) await saveText(at, { ...base, params: mergeLora(base.params, adapters, text.lora) });
      else await saveAdapters(at, adapters, bertLayout(base.config), text.lora, text.model);
      written.push(at);
    }
    if ('lora' in audio && audio.lora) {
      const base = await loadData2VecAudio(audio.model, options);
      const adapters = withoutProjection(model.params.audio);
      const at = join(folder, 'audio');
      if (merged) await saveData2VecAudio(at, { ...base, params: mergeLora(base.params, adapters, audio.lora) });
      else await saveAdapters(at, adapters, data2VecAudioLayout(base.config), audio.lora, audio.model);
      written.push(at);
    }
  } finally {
    disposeParams(model.params);
  }
  if (written.length === 0)
    throw new Error(`${run}: expected an encoder with adapters (model.text.lora or model.audio.lora), found none`);
  return written;
}
