import type { Explanation, TrainedRun, Utterance } from '@mmolre/training';
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { createBatcher } from './batcher';
import type { ExampleClip } from './example-clips';
import { guard } from './guard';
import { LIMITS } from './limits';
import { serverMetrics } from './metrics';
import { pagePolicy } from './page-policy';
import type { About, Answered, Refused } from './protocol';
import { readQuestion } from './read-question';
import { createRoom } from './room';

export type AppOptions = {
  trained: Pick<TrainedRun, 'explain'>;
  about: Omit<About, 'clips'>;
  clips: readonly ExampleClip[];
  /** The page, whole by itself. */ page: string;
  /** Where the server listens. */ host: string;
  isStopping: () => boolean;
  /** Takes a line on what went wrong here. */ log: (line: string) => void;
};

const refused = (error: string): Refused => ({ error });

/** The server's answers: the page, what it asks, and what a person who runs it wants to know. */
export function createApp({ trained, about, clips, page, host, isStopping, log }: AppOptions): Hono {
  const room = createRoom({ questions: LIMITS.questions, bytes: LIMITS.questionBytes });
  const metrics = serverMetrics(room);
  const explain = createBatcher<Utterance, Explanation>((utterances) => {
    metrics.batchSize.observe(utterances.length);
    return trained.explain(utterances);
  }, LIMITS.batch);

  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    metrics.requests.inc({ status: c.res.status });
    if (isStopping()) c.header('connection', 'close');
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy: pagePolicy(page),
      permissionsPolicy: { microphone: ['self'], camera: [], geolocation: [] },
      strictTransportSecurity: false,
    }),
  );
  app.use(guard(host));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json(refused(error.message), error.status);
    log(`error: ${error.message}`);
    return c.json(refused('the server could not answer; its own output says why'), 500);
  });
  app.notFound((c) => c.json(refused('not found'), 404));

  app.get('/', (c) => c.html(page));
  app.get('/api/about', (c) =>
    c.json<About>({ ...about, clips: clips.map(({ label }, i) => ({ label, path: `/api/clips/${i}` })) }),
  );
  for (const [i, { type, read }] of clips.entries())
    app.get(`/api/clips/${i}`, async (c) => c.body(Uint8Array.from(await read()), 200, { 'content-type': type }));
  app.get('/health', (c) => c.json({ status: isStopping() ? 'stopping' : 'ok', run: about.run }));
  app.get('/metrics', async (c) => c.body(await metrics.text(), 200, { 'content-type': metrics.type }));

  const place: MiddlewareHandler = async (c, next) => {
    const bytes = Number(c.req.header('content-length') ?? Number.POSITIVE_INFINITY);
    const leave = room.enter(Math.min(bytes, LIMITS.bodyBytes));
    if (!leave)
      return c.json(refused('too many questions at once; ask again in a second'), 503, { 'retry-after': '1' });
    await next().finally(leave);
  };
  const limit = bodyLimit({
    maxSize: LIMITS.bodyBytes,
    onError: (c) => c.json(refused(`expected at most ${LIMITS.bodyBytes / 1e6} MB, found more`), 413),
  });
  app.post('/api/answer', place, limit, async (c) => {
    const took = metrics.answerSeconds.startTimer();
    const { utterance, cut } = await readQuestion(c.req.raw, about.maxSeconds);
    const explanation = await explain(utterance);
    took();
    return c.json<Answered>({ ...explanation, cut });
  });

  const methods = new Map(
    app.routes.filter(({ method }) => method !== 'ALL').map(({ path, method }) => [path, method]),
  );
  for (const [path, method] of methods)
    app.all(path, (c) => c.json(refused(`expected ${method}`), 405, { allow: method }));
  return app;
}
