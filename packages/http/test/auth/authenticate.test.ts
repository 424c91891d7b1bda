import { Deadline, ManualClock } from '@linkspan/concurrency';
import {
  AuthenticationError,
  type Body,
  type CallContext,
  ConfigurationError,
  Secret,
  type Send,
  TimeoutError,
  type TransportRequest,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { authenticate, type AuthOptions, type Credentials, readAuth } from '@linkspan/core/wire';

const request: TransportRequest = { operation: 'POST', target: 'http://h/a', headers: {} };

function credentialsOf(options: AuthOptions): Credentials {
  const credentials = readAuth(options, (message, at) => {
    throw new Error(`${at}: ${message}`);
  });
  if (credentials === undefined) throw new Error('no credentials');
  return credentials;
}

function contextOf(facts: Partial<CallContext> = {}): CallContext {
  return {
    signal: undefined,
    deadline: Deadline.unlimited,
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: (status) => status < 400,
    ...facts,
  };
}

/** A peer that accepts one value of `authorization` and records what it was sent. */
function peer(accepts: () => string): {
  send: Send;
  seen: (string | undefined)[];
  cancelled: number;
} {
  const self = {
    seen: [] as (string | undefined)[],
    cancelled: 0,
    async send(sent: TransportRequest) {
      const value = sent.headers?.['authorization'];
      self.seen.push(value);
      const status = value === accepts() ? 200 : 401;
      const body = { cancel: async () => void (self.cancelled += 1) } as unknown as Body;
      return { status, headers: {}, body };
    },
  };
  return self;
}

describe('auth', () => {
  it.each<[string, AuthOptions, Record<string, string>]>([
    ['bearer', { bearer: 'abc' }, { authorization: 'Bearer abc' }],
    ['a Secret', { bearer: new Secret('abc') }, { authorization: 'Bearer abc' }],
    ['a function', { bearer: () => 'abc' }, { authorization: 'Bearer abc' }],
    ['a promise', { bearer: async () => new Secret('abc') }, { authorization: 'Bearer abc' }],
    ['a header', { header: 'X-API-Key', value: 'abc' }, { 'x-api-key': 'abc' }],
    [
      'basic',
      { basic: { username: 'Aladdin', password: 'open sesame' } },
      { authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' },
    ],
    ['headers', { headers: (sent) => ({ 'X-Sig': sent.operation }) }, { 'x-sig': 'POST' }],
    ['a bare function', async (sent) => ({ 'X-Sig': sent.target }), { 'x-sig': 'http://h/a' }],
  ])('N12 signs with %s', async (_name, options, expected) => {
    let sent: TransportRequest | undefined;
    const send = authenticate(credentialsOf(options))(async (signed) => {
      sent = signed;
      return { status: 200, headers: {}, body: {} as Body };
    });

    await send(request, contextOf());

    expect(sent).toEqual({ ...request, headers: expected });
  });

  it('leaves credentials that the request brings itself', async () => {
    const upstream = peer(() => 'mine');
    const send = authenticate(credentialsOf({ bearer: 'theirs' }))(upstream.send);

    await send({ ...request, headers: { authorization: 'mine' } }, contextOf());

    expect(upstream.seen).toEqual(['mine']);
  });

  it('refreshes once for all the calls that were refused', async () => {
    const gate = Promise.withResolvers<string>();
    let refreshes = 0;
    const upstream = peer(() => 'Bearer new');
    const credentials = credentialsOf({
      bearer: 'old',
      refresh: () => {
        refreshes += 1;
        return gate.promise;
      },
    });
    const send = authenticate(credentials)(upstream.send);

    const calls = Array.from({ length: 20 }, () => send(request, contextOf()));
    gate.resolve('new');
    const answers = await Promise.all(calls);

    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(refreshes).toBe(1);
    expect(upstream.seen.filter((value) => value === 'Bearer old')).toHaveLength(20);
  });

  it('does not refresh again for a request that was signed before the last refresh', async () => {
    const late = Promise.withResolvers<void>();
    let refreshes = 0;
    const upstream = peer(() => 'Bearer new');
    const credentials = credentialsOf({ bearer: 'old', refresh: () => (refreshes++, 'new') });
    const delayed = authenticate(credentials)(async (sent, context) => {
      if (sent.headers?.['authorization'] === 'Bearer old') await late.promise;
      return await upstream.send(sent, context);
    });

    const slow = delayed(request, contextOf());
    await authenticate(credentials)(upstream.send)(request, contextOf());
    late.resolve();
    await slow;

    expect(refreshes).toBe(1);
  });

  it('asks the source again when refresh() gives nothing', async () => {
    let token = 'old';
    const upstream = peer(() => 'Bearer new');
    const credentials = credentialsOf({
      bearer: () => token,
      refresh: () => {
        token = 'new';
      },
    });

    await authenticate(credentials)(upstream.send)(request, contextOf());

    expect(upstream.seen).toEqual(['Bearer old', 'Bearer new']);
  });

  it('lets calls that begin during a refresh wait for it', async () => {
    const gate = Promise.withResolvers<string>();
    const upstream = peer(() => 'Bearer new');
    const credentials = credentialsOf({ bearer: 'old', refresh: () => gate.promise });
    const send = authenticate(credentials)(upstream.send);

    const first = send(request, contextOf());
    await new Promise(setImmediate);
    const second = send(request, contextOf());
    gate.resolve('new');
    await Promise.all([first, second]);

    expect(upstream.seen).toEqual(['Bearer old', 'Bearer new', 'Bearer new']);
  });

  it('fails with the second 401', async () => {
    const upstream = peer(() => 'nothing');
    const credentials = credentialsOf({ bearer: 'old', refresh: () => 'new' });

    const answer = await authenticate(credentials)(upstream.send)(request, contextOf());

    expect(answer.status).toBe(401);
    expect(upstream.seen).toEqual(['Bearer old', 'Bearer new']);
  });

  it('tells a failed refresh from a refused request, and frees the wire', async () => {
    const upstream = peer(() => 'nothing');
    const cause = new Error('The identity provider is away');
    const credentials = credentialsOf({ bearer: 'old', refresh: () => Promise.reject(cause) });
    const send = authenticate(credentials)(upstream.send);

    const failure = await send(request, contextOf()).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(AuthenticationError);
    expect(failure).toMatchObject({ code: 'refresh_failed', status: 401 });
    expect(upstream.cancelled).toBe(1);
  });

  it('does not send a body again that can be read once', async () => {
    const upstream = peer(() => 'Bearer new');
    const credentials = credentialsOf({ bearer: 'old', refresh: () => 'new' });
    const send = authenticate(credentials)(upstream.send);
    const once = {
      ...request,
      payload: { kind: 'stream', stream: (async function* () {})() },
    } as const;

    const refused = await send(once, contextOf());
    const accepted = await send(once, contextOf());

    expect([refused.status, accepted.status]).toEqual([401, 200]);
    expect(upstream.cancelled).toBe(0);
    expect(upstream.seen).toEqual(['Bearer old', 'Bearer new']);
  });

  it('waits for credentials no longer than the call may take', async () => {
    const clock = new ManualClock();
    const never = new Promise<string>(() => undefined);
    const send = authenticate(credentialsOf({ bearer: () => never }))(peer(() => '').send);

    const call = send(request, contextOf({ deadline: Deadline.after(50, clock) }));
    const failure = call.catch((error: unknown) => error);
    await clock.advance(50);

    expect(await failure).toBeInstanceOf(TimeoutError);
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves with the reason of the caller, and the refresh goes on for the others', async () => {
    const gate = Promise.withResolvers<string>();
    const upstream = peer(() => 'Bearer new');
    const credentials = credentialsOf({ bearer: 'old', refresh: () => gate.promise });
    const send = authenticate(credentials)(upstream.send);
    const controller = new AbortController();
    const reason = new Error('The user left');

    const left = send(request, contextOf({ signal: controller.signal }));
    const stays = send(request, contextOf());
    await new Promise(setImmediate);
    controller.abort(reason);
    gate.resolve('new');

    await expect(left).rejects.toBe(reason);
    expect((await stays).status).toBe(200);
  });

  it('says when the function that gives the credentials fails', async () => {
    const upstream = peer(() => '');
    const cause = new Error('no token');
    const failing = authenticate(credentialsOf({ bearer: () => Promise.reject(cause) }));
    const broken = authenticate(credentialsOf({ bearer: () => 'canary\n' }));

    await expect(failing(upstream.send)(request, contextOf())).rejects.toThrow(ConfigurationError);
    const failure = await broken(upstream.send)(request, contextOf()).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(ConfigurationError);
    expect(String(failure)).not.toContain('canary');
    expect(upstream.seen).toEqual([]);
  });
});
