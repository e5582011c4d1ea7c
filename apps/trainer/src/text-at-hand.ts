import { textKinds } from '@mmolre/encoders';
import { findPlace } from '@mmolre/encoders/node';
import { type ConfigSources, resolveConfig } from '@mmolre/training';

/**
 * The text encoder of a run for which the user has named no preset: where the one it starts from cannot be fetched, the compact one, which needs
 * nothing. Whoever names an encoder gets it, or an error.
 */
export async function textAtHand(
  { config, ...sources }: Omit<ConfigSources, 'file'> & { config?: string },
  log: (line: string) => void,
): Promise<string | undefined> {
  const source = textKinds.minilm.preset().model;
  const { text } = resolveConfig({ ...sources, file: config }).model;
  if (sources.text !== undefined || text.kind !== 'minilm' || text.model !== source) return sources.text;
  try {
    await findPlace(source, log);
    return undefined;
  } catch (error) {
    log(`${(error as Error).message}; training goes on with --text compact, which scores lower`);
    return 'compact';
  }
}
