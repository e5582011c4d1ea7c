import fc from 'fast-check';
import { asked, question, type Sent } from './send';
import { tone } from './served-run';

const anyBytes = fc.uint8Array({ maxLength: 400 });
const name = fc.stringMatching(/^[a-z]{1,12}$/);
const type = 'multipart/form-data; boundary=x';
const form = (fields: fc.Arbitrary<[string, string | Uint8Array][]>) => fields.map(question);

/** Requests of every kind that a server must refuse. */
export const malformed: fc.Arbitrary<Sent | Promise<Sent>> = fc.oneof(
  // Somewhere else, out of the folder among it, and by other methods.
  fc.tuple(fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'), name).map(([method, path]) => ({ method, path: `/${path}` })),
  fc
    .constantFrom('/../cli.js', '/api/clips/../../label.csv', '/api/clips/%2e%2e%2f0', '/api/clips/-1', '/%00', '//etc/passwd')
    .map((path) => ({ path })),
  fc
    .tuple(fc.constantFrom('PUT', 'DELETE', 'PATCH', 'OPTIONS'), fc.constantFrom('/', '/health', '/metrics', '/api/answer'))
    .map(([method, path]) => ({ method, path })),
  // No form, or a broken one.
  fc.tuple(fc.constantFrom('text/plain', 'application/json', 'multipart', ''), anyBytes).map(([what, body]) => asked(what, body)),
  anyBytes.map((body) => asked(type, body)),
  anyBytes.map((body) => asked('multipart/form-data; boundary=', body)),
  fc
    .integer({ min: 0, max: 400 })
    .map(async (cut) => {
      const { headers, body } = await question([['text', 'I loved it'], ['audio', tone(200, 0.02)]]);
      return asked(headers!['content-type']!, body!.subarray(0, cut));
    }),
  // A form with other fields than are asked for.
  form(fc.tuple(name.filter((one) => one !== 'text' && one !== 'audio'), fc.string()).map((field) => [field])),
  form(fc.constantFrom(['text', 'text'], ['audio', 'audio']).map((names) => names.map((one) => [one, one === 'text' ? 'a' : tone(200, 0.02)]))),
  form(fc.stringMatching(/^\s*$/).map((text) => [['text', text]])),
  form(anyBytes.map((bytes) => [['text', bytes]])),
  form(fc.string().map((text) => [['audio', text]])),
  form(fc.constant([['text', 'so long '.repeat(2000)]])),
  // No recording, or a broken one.
  form(anyBytes.map((bytes) => [['text', 'I loved it'], ['audio', bytes]])),
  form(fc.integer({ min: 0, max: 40 }).map((cut) => [['audio', tone(200, 0.02).subarray(0, cut)]])),
  // More than is taken, and other people's.
  fc.bigInt({ min: 20_000_001n, max: 10n ** 15n }).map((length) => ({
    ...asked(type, new Uint8Array()),
    headers: { 'content-type': type, 'content-length': String(length), connection: 'close' },
    body: new Uint8Array(1),
  })),
  name.map((host) => ({ headers: { host: `${host}.example` } })),
  form(fc.constant([['text', 'I loved it']])).map(async (sent) => {
    const { headers, ...rest } = await sent;
    return { ...rest, headers: { ...headers, origin: 'https://elsewhere.example' } };
  }),
);
