import type { MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';

/** Whether only this machine reaches what listens there. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

/**
 * Refuses what another site makes a browser send: a name of its own that leads to this machine (DNS rebinding), and questions from its pages.
 *
 * @param host Where the server listens. Beyond this machine, what it is called there is not known, and every name is taken.
 */
export function guard(host: string): MiddlewareHandler {
  const names = isLoopback(host) ? ['localhost', '127.0.0.1', '[::1]', host] : undefined;
  return async ({ req }, next) => {
    const called = req.header('host') ?? '';
    if (names && !names.includes(nameOf(`http://${called}`)))
      throw new HTTPException(403, { message: 'expected the address that the server prints, found another name' });
    const [origin, site] = [req.header('origin'), req.header('sec-fetch-site')];
    const isForeign =
      origin === undefined ? site && site !== 'same-origin' && site !== 'none' : hostOf(origin) !== called;
    if (req.method !== 'GET' && req.method !== 'HEAD' && isForeign)
      throw new HTTPException(403, {
        message: 'expected a question from the page of this server, found one of another',
      });
    await next();
  };
}

const urlOf = (text: string) => (URL.canParse(text) ? new URL(text) : undefined);
const nameOf = (text: string) => urlOf(text)?.hostname ?? '';
const hostOf = (text: string) => urlOf(text)?.host ?? '';
