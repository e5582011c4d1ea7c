/** What is done to a text before it is cut into tokens. */
export type TextRules = keyof typeof textRules;

/** The rules by name. */
export const textRules = {
  /** Nothing. */
  none: (text: string): string => text,
  /** The predecessor's (MMML): the first character stays, the rest in lower case, as MOSI's transcripts are all in capitals. */
  mmml: (text: string): string => {
    const [first = ''] = text;
    return first + text.slice(first.length).toLowerCase();
  },
  /** UniMSE's, before texts are matched by meaning: no spaces around, all in lower case. */
  unimse: (text: string): string => text.trim().toLowerCase(),
} as const;
