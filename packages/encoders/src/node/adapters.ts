import { join } from 'node:path';
import { writeFileSafely } from '@mmolre/files';
import type { Params } from '@mmolre/nn';
import type { CheckpointLayout } from '../checkpoint/checkpoint';
import { type LoraConfig, loraLayout } from '../lora/lora';
import { ADAPTER_CONFIG, ADAPTER_FILE, PEFT_PREFIX, toAdapterConfig } from '../lora/peft';
import { writeCheckpoint } from './write-checkpoint';

/**
 * Writes a folder of adapters that Python's `PeftModel.from_pretrained` and `readAdapters` read.
 *
 * @param adapters As `initLora` makes them.
 * @param layout Of the encoder that they belong to.
 * @param source What they were trained on, for people and for PEFT: a folder, or `owner/name` on the hub.
 * @throws If the adapters are not those of the configuration.
 */
export async function saveAdapters(
  folder: string,
  adapters: Params,
  layout: CheckpointLayout,
  config: LoraConfig,
  source: string,
): Promise<void> {
  const json = toAdapterConfig(config, source.replace(/^hf:/, '').replace(/@.*$/, ''));
  await writeCheckpoint(join(folder, ADAPTER_FILE), adapters, loraLayout(layout, config), PEFT_PREFIX);
  await writeFileSafely(join(folder, ADAPTER_CONFIG), `${JSON.stringify(json, null, 2)}\n`);
}
