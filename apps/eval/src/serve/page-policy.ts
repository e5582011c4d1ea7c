import { createHash } from 'node:crypto';

/** What the page may do, for hono's `secureHeaders`: run and show what stands in it, and ask this server. */
export function pagePolicy(page: string) {
  const hashes = (tag: string) =>
    [...page.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(
      ([, content]) => `'sha256-${createHash('sha256').update(content!).digest('base64')}'`,
    );
  return {
    defaultSrc: ["'none'"],
    scriptSrc: hashes('script'),
    styleSrc: hashes('style'),
    connectSrc: ["'self'"],
    mediaSrc: ['blob:'],
    imgSrc: ['data:'],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  };
}
