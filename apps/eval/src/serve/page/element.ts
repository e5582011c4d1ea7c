/** An element with properties and content; every text stays text. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...content);
  return made;
}

/** The element with that id, which the page has. */
export const byId = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind;
