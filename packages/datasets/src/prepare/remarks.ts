import { csvText } from '@mmolre/files';
import type { AudioRemark } from '../validate/audio-remark';

/** What is worth a look about a recording that is in a prepared folder: silence, next to nothing, clipping, or a mean off centre. */
export type Remark = AudioRemark & {
  /** Of the first sample that uses it. */
  id: string;
  file: string;
  line: number | undefined;
};

export const remarkCsv = (remarks: readonly Remark[]) =>
  csvText([
    ['id', 'file', 'line', 'kind', 'remark'],
    ...remarks.map(({ id, file, line, kind, message }) => [id, file, line ?? '', kind, message]),
  ]);

/** A line for each kind of remark: how often it was made, and the first. */
export function remarkLines(remarks: readonly Remark[]): string[] {
  return [...new Set(remarks.map(({ kind }) => kind))].map((kind) => {
    const alike = remarks.filter((remark) => remark.kind === kind);
    return `${kind}, recordings: ${alike.length}, such as ${alike[0]!.message}; remarks.csv lists them`;
  });
}
