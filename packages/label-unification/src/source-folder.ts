/** A source set: its name, or undefined for the one its layout has, and its folder. */
export type SourceFolder = { name?: string | undefined; folder: string };

/** Reads `folder`, or `name=folder`. */
export function sourceFolder(text: string): SourceFolder {
  const at = /^[\w-]+=/.exec(text)?.[0].length ?? 0;
  return { name: at > 0 ? text.slice(0, at - 1) : undefined, folder: text.slice(at) };
}
