import type { Params } from '@mmolre/nn';
import { type CheckpointLayout, readTensors } from '../checkpoint/checkpoint';
import { isNumber, isWhole, shownValue } from '../config-fields';
import { nameAt, type Place, requireJsonAt } from '../place';
import { type LoraConfig, loraLayout } from './lora';

// Adapters as Python's PEFT keeps them: a folder with these two files.

export const ADAPTER_CONFIG = 'adapter_config.json';
export const ADAPTER_FILE = 'adapter_model.safetensors';
/** Before every name there. */
export const PEFT_PREFIX = 'base_model.model.';

/** Plain LoRA, without what PEFT can do beyond it. */
const PLAIN = { bias: 'none', fan_in_fan_out: false, layers_to_transform: null, modules_to_save: null };
const PLAIN_NOW = { ...PLAIN, use_rslora: false, use_dora: false, use_qalora: false, lora_bias: false };

/** The `adapter_config.json` of adapters. @param source What they were trained on: a folder, or `owner/name` on the hub. */
export function toAdapterConfig({ rank, alpha, targets, dropout }: LoraConfig, source: string) {
  return {
    peft_type: 'LORA',
    task_type: null,
    base_model_name_or_path: source,
    inference_mode: true,
    init_lora_weights: true,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: dropout,
    target_modules: targets,
    ...PLAIN,
  };
}

/** @throws One error that lists every field that is wrong or asks for what is not built. */
function readAdapterConfig(json: Record<string, unknown>, name: string): LoraConfig {
  const problems: string[] = [];
  const read = <T>(field: string, fallback: T, fits: (value: unknown) => boolean, expected: string): T => {
    const value = json[field] ?? fallback;
    if (!fits(value)) problems.push(`${field}: expected ${expected}, found ${shownValue(value)}`);
    return value as T;
  };
  read('peft_type', '', (value) => value === 'LORA', 'LORA');
  const config: LoraConfig = {
    rank: read('r', 8, (value) => isWhole(value, 1) && (value as number) <= 2 ** 16, 'a whole number of 1 .. 65536'),
    alpha: read('lora_alpha', 8, (value) => isNumber(value) && value > 0, 'a number above 0'),
    targets: read<string[]>(
      'target_modules',
      [],
      (value) => Array.isArray(value) && value.length > 0 && value.every((target) => typeof target === 'string'),
      'a list of names',
    ),
    dropout: read('lora_dropout', 0, (value) => isNumber(value) && value >= 0 && value < 1, 'a number of 0 .. 1'),
  };
  for (const [field, plain] of Object.entries(PLAIN_NOW))
    read(field, plain, (value) => value === plain, `${plain}: the rest is not built`);
  for (const field of ['rank_pattern', 'alpha_pattern'])
    read(field, {}, (value) => Object.keys(value as object).length === 0, 'nothing: one rank and alpha for all');
  if (problems.length > 0) throw new Error(`${name}: ${problems.join('; ')}`);
  return config;
}

/**
 * Reads adapters that PEFT or `saveAdapters` wrote.
 *
 * @param layout Of the encoder that they belong to.
 * @returns Plain tensors, in the tree that `withLora` and `mergeLora` take.
 * @throws One error: what is missing, unexpected or misshapen, or what the adapters do beyond plain LoRA.
 */
export async function readAdapters(
  place: Place,
  layout: CheckpointLayout,
): Promise<{ config: LoraConfig; params: Params }> {
  const json = await requireJsonAt(place, ADAPTER_CONFIG, 'a folder of adapters, as PEFT saves them');
  const config = readAdapterConfig(json, nameAt(place, ADAPTER_CONFIG));
  const adapters = loraLayout(layout, config);
  const file = await place.tensors(ADAPTER_FILE);
  if (!file) throw new Error(`${nameAt(place, ADAPTER_FILE)}: not found; expected the adapters' weights`);
  const ofHead = PEFT_PREFIX + layout.prefix;
  const hasHead = [...file.entries.keys()].some((key) => key.startsWith(ofHead));
  const prefix = hasHead ? ofHead : PEFT_PREFIX;
  return { config, params: await readTensors([file], { ...adapters, prefix }, place.name, ADAPTER_CONFIG) };
}
