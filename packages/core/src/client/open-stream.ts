import type { Dialect, ResumeRule } from '../dialect.ts';
import { ConfigurationError } from '../errors/local-errors.ts';
import type { AttemptBudget } from '../middleware/attempt-budget.ts';
import { waitWithin } from '../middleware/wait-within.ts';
import { configurationError, parseSettings } from '../settings/parse-settings.ts';
import { openEventStream } from '../stream/create-event-stream.ts';
import { storeFailure } from '../stream/cursor-commits.ts';
import { checkLoaded, type Cursor, requestOf } from '../stream/cursor.ts';
import type { EventStream } from '../stream/event-stream.ts';
import type { ResumeSettings } from '../stream/resume-options.ts';
import { streamHead } from '../stream/stream-head.ts';
import { resumeRule, StreamOrigin } from '../stream/stream-origin.ts';
import type { TransportRequest } from '../transport.ts';
import { type StreamOptions, streamSettings } from './call-options.ts';
import type { CallKind, CallRunner, ClientCallContext } from './call-runner.ts';
import type { ClientSettings } from './client-options.ts';

/** How long the request may take that ends the work behind a stream. */
const CANCEL_MS = 5_000;

/** Sends a request, and gives its answer as a stream that a client keeps an eye on. */
export async function openStream<Event, Final>(
  calls: CallRunner,
  settings: ClientSettings,
  init: unknown,
  options: StreamOptions<Event, Final>,
): Promise<EventStream<Event, Final>> {
  const call = parseSettings('stream()', streamSettings, options);
  const { dialect } = options;
  const { firstEventMs = settings.firstEventMs, eventIdleMs = settings.eventIdleMs } = call;
  const { resume = false } = call;
  const rule = resumeRule(dialect, resume === false ? {} : resume);
  if (resume !== false && rule === undefined) throw noWayToResume(dialect);
  let cursor: Cursor | undefined;
  const kind: CallKind = {
    streaming: true,
    totalMs: settings.stream.totalMs,
    idleMs: settings.idleMs,
    firstEventMs,
    accept: dialect.accept,
    protocolHeaders: (request) => dialect.headers?.(request) ?? {},
    ...(resume !== false && {
      lasts: true,
      begin: async (request, context) => {
        cursor = await findCursor(resume, context);
        return cursor === undefined ? request : takeUp(cursor, request, dialect, rule);
      },
    }),
  };
  const { request, response, context } = await calls.run(init, call, kind);
  const { status, headers, body } = response;
  const origin = new StreamOrigin<Final>({
    dialect,
    request,
    headers,
    context,
    rule,
    send: (other) => calls.sendApart(other, call, CANCEL_MS),
    ...(resume !== false && {
      resume: {
        settings: resume,
        budget: budgetOf(resume, settings),
        from: cursor?.lastEventId,
        random: settings.random,
        send: (next, attempt) => calls.sendAgain(next, { ...context, attempt }, call, kind),
        onEnd: () => calls.end(context.call),
      },
    }),
  });
  return await openEventStream(body, dialect, {
    status,
    headers,
    request,
    // The close of the client is a failure of the stream, not the will of its caller.
    context: { signal: call.signal, deadline: context.deadline, call: context.call },
    startedAt: context.call.startedAt,
    waitedMs: context.deadline.clock.now() - context.call.attemptStartedAt,
    firstEventMs,
    eventIdleMs,
    limits: call.limits,
    secrets: response.secrets,
    meter: response.meter,
    origin: origin as StreamOrigin<unknown>,
  });
}

/** The attempts to take a stream up count like those to send a request again. */
function budgetOf(
  { budget }: ResumeSettings,
  { retry }: Pick<ClientSettings, 'retry'>,
): AttemptBudget | undefined {
  const found = budget ?? (retry === false ? undefined : retry.budget);
  return found === false ? undefined : found;
}

/** Where the stream is to begin: what the store has, else what the options say. */
async function findCursor(
  { store, cursor }: ResumeSettings,
  context: ClientCallContext,
): Promise<Cursor | undefined> {
  if (store === undefined) return cursor;
  let loading: Cursor | undefined | Promise<Cursor | undefined>;
  try {
    loading = store.load();
  } catch (error) {
    throw storeFailure('load', error);
  }
  const loaded = Promise.resolve(loading).catch((error: unknown) => {
    throw storeFailure('load', error);
  });
  return checkLoaded(await waitWithin(loaded, context)) ?? cursor;
}

/** The request that goes on from a cursor, in the place of the one that would begin. */
function takeUp<Final>(
  cursor: Cursor,
  request: TransportRequest,
  dialect: Dialect<unknown, Final>,
  rule: ResumeRule<Final> | undefined,
): TransportRequest {
  const { lastEventId } = cursor;
  const { partial } = dialect.read(streamHead({ headers: {}, request }));
  const place = { request, headers: {}, lastEventId, partial };
  const taken = requestOf(cursor, request) ?? rule?.request(place);
  if (taken !== undefined) return taken;
  throw new ConfigurationError(
    `Cannot resume the ${dialect.name} stream: its cursor has no request, and the id ${JSON.stringify(lastEventId.slice(0, 40))} alone does not make one`,
    { issues: [{ option: 'resume.cursor', message: 'expected a cursor with a request' }] },
  );
}

function noWayToResume(dialect: Pick<Dialect<unknown>, 'name'>): ConfigurationError {
  const message = `expected a dialect that can be resumed, or resume.request, found ${dialect.name}`;
  return configurationError('stream()', [{ option: 'resume', message }]);
}
