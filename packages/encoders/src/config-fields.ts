/** Reads the fields of a `config.json`, and gathers what is wrong with them. */
export type ConfigFields = {
  fields: Record<string, unknown>;
  /** A phrase a problem; the reader may add its own. */
  problems: string[];
  /** A field, or the fallback where there is none. */
  read<T>(field: string, fallback: T, fits: (value: unknown) => boolean, expected: string): T;
  /** A whole number of `least` (1) .. `most` (2^20), which is far above what is in use. */
  size(field: string, fallback: number, least?: number, most?: number): number;
  /** 0 .. 1, exclusive. */
  rate(field: string, fallback: number): number;
  /** Between 0 and 1. */
  small(field: string, fallback: number): number;
};

/** @throws If the content is no object. */
export function configFields(json: unknown, name: string): ConfigFields {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`${name}: expected a JSON object with 'model_type', 'hidden_size', ...`);
  }
  const fields = json as Record<string, unknown>;
  const problems: string[] = [];
  const read: ConfigFields['read'] = (field, fallback, fits, expected) => {
    const value = fields[field] ?? fallback;
    if (!fits(value)) problems.push(`${field}: expected ${expected}, found ${shownValue(value)}`);
    return value as typeof fallback;
  };
  return {
    fields,
    problems,
    read,
    size: (field, fallback, least = 1, most = 2 ** 20) =>
      read(
        field,
        fallback,
        (value) => isWhole(value, least) && (value as number) <= most,
        `a whole number of ${least} .. ${most}`,
      ),
    rate: (field, fallback) =>
      read(field, fallback, (value) => isNumber(value) && value >= 0 && value < 1, 'a number of 0 .. 1 (exclusive)'),
    small: (field, fallback) =>
      read(field, fallback, (value) => isNumber(value) && value > 0 && value < 1, 'a number between 0 and 1'),
  };
}

/** A value of a JSON file as it stands in a message: short, and of what holds many or others only what it is. */
export function shownValue(value: unknown): string {
  const isShort = Array.isArray(value) && value.length <= 8 && value.every((item) => typeof item !== 'object');
  if (Array.isArray(value) && !isShort) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null && !isShort) return 'an object';
  if (typeof value === 'string' || isShort)
    return JSON.stringify(value)
      .slice(0, 60)
      .replace(/\p{Cc}/gu, escaped);
  return value === undefined ? 'nothing' : String(value);
}

const escaped = (control: string) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;

export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
export const isWhole = (value: unknown, least: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) < 2 ** 31;
