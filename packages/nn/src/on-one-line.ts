/** A text from a file nobody knows, as it stands in a message: line ends and control characters are spaces. */
export const onOneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ');
