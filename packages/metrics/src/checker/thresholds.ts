import { numberIn, shownCell } from './csv-row';

const DEFAULT = 0.5;

/**
 * Reads `0.4` (of all emotions) or `happiness=0.4,fear=0.3` (0.5 of the others).
 *
 * @returns One for each name.
 * @throws If a name is not among them, or at no number of 0 to 1.
 */
export function readThresholds(text: string, names: readonly string[]): number[] {
  const share = (number: string) => {
    const value = numberIn(number.trim(), 'thresholds');
    if (value < 0 || value > 1) throw new Error(`thresholds: expected 0 to 1, found ${value}`);
    return value;
  };
  if (text.trim() === '') return names.map(() => DEFAULT);
  if (!text.includes('=')) return names.map(() => share(text));
  const given = new Map(
    text.split(',').map((part) => {
      const [name = '', number = ''] = part.split('=');
      if (!names.includes(name.trim()))
        throw new Error(`thresholds: expected one of ${names.join(', ') || 'no emotions'}, found ${shownCell(name)}`);
      return [name.trim(), share(number)];
    }),
  );
  return names.map((name) => given.get(name) ?? DEFAULT);
}
