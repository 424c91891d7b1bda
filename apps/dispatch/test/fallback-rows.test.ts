import { type MockUpstreams, mockUpstreams, type ReceivedRequest } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answersIn, flagsOf, makeFiles } from './row-files.ts';
import { runHere } from './run-here.ts';

interface Scene {
  /** What the rows are meant for. */
  readonly openai: MockUpstreams['openai'];
  readonly anthropic: MockUpstreams['anthropic'];
  /** The fallback, and its origin. */
  readonly fallback: MockUpstreams['openai'];
  readonly fallbackOrigin: string;
  readonly flags: readonly string[];
}

/** Two upstreams for rows to models, and another one that is their fallback. */
async function startUpstreams(): Promise<Scene> {
  const all = await Promise.all([mockUpstreams(), mockUpstreams(), mockUpstreams()]);
  onTestFinished(async () => {
    await Promise.all(all.map((upstreams) => upstreams.close()));
  });
  const [{ openai }, { anthropic }, { openai: fallback, origin: fallbackOrigin }] = all;
  fallback.reply({ text: 'From the fallback' });
  const flags = [
    `--chat-base-url=${openai.baseUrl}`,
    `--openai-sdk-base-url=${openai.baseUrl}`,
    `--anthropic-sdk-base-url=${anthropic.baseUrl}`,
    `--messages-base-url=${anthropic.baseUrl}`,
    `--fallback=${fallback.baseUrl}`,
    '--retries=1',
  ];
  return { openai, anthropic, fallback, fallbackOrigin, flags };
}

const messages = [{ role: 'user' as const, content: 'Which berth?' }];
const chat = { model: 'm', messages };
const rows = [
  { id: 'chat', kind: 'chat', body: chat },
  { id: 'openai', kind: 'openai-sdk', chat },
  { id: 'anthropic', kind: 'anthropic-sdk', chat },
];
const overload = { retryAfterMs: 1, times: Infinity };

describe('a row whose upstream is down', () => {
  it('C20 is answered by the fallback, which its line and the report say', async () => {
    const { openai, anthropic, fallbackOrigin, flags } = await startUpstreams();
    openai.stumble('overloaded', overload);
    anthropic.stumble('overloaded', { times: Infinity });
    const files = makeFiles(rows);

    const { report } = await runHere(flagsOf(files, ...flags));

    const answers = answersIn(files.output);
    for (const { id } of rows) {
      expect(answers.get(id)).toMatchObject({
        status: 'ok',
        answer: { text: 'From the fallback' },
        upstream: fallbackOrigin,
        fallback: id === 'anthropic' ? 'overloaded' : 'unavailable',
        attempts: 3,
        retries: [expect.any(String)],
      });
    }
    expect(report.upstreams.map(({ kind, fallbacks }) => [kind, fallbacks])).toEqual([
      ['chat', 1],
      ['openai-sdk', 1],
      ['anthropic-sdk', 1],
    ]);
    const health = Object.fromEntries(report.health.map((one) => [one.id, one]));
    expect(health['fallback']).toMatchObject({ calls: { successes: 3, failures: 0 } });
    expect(health['chat']).toMatchObject({
      calls: { successes: 0, failures: 2 },
      lastError: 'unavailable',
      // Both kinds go to one origin.
      retries: { allowed: 2, refused: 0 },
    });
    expect(health['openai-sdk']?.retries).toEqual(health['chat']?.retries);
  });

  it('asks there for the model that is named, with the key of the fallback alone', async () => {
    const { openai, fallback, flags } = await startUpstreams();
    openai.stumble('overloaded', overload);
    const files = makeFiles(rows.slice(0, 2));

    await runHere(flagsOf(files, ...flags, '--fallback-model=other-1'), {
      env: { LINKSPAN_FALLBACK_API_KEY: 'k-other', LINKSPAN_CHAT_API_KEY: 'k-chat' },
    });

    for (const { body } of postsTo(openai)) expect(body).toMatchObject({ model: 'm' });
    expect(postsTo(fallback)).toMatchObject([
      { body: { model: 'other-1' }, headers: { authorization: 'Bearer k-other' } },
      { body: { model: 'other-1' }, headers: { authorization: 'Bearer k-other' } },
    ]);
  });

  it('is answered where a quota is used up, and where the stream is cut time and again', async () => {
    const { openai, flags } = await startUpstreams();
    openai.stumble('quota', { when: ({ body }) => userOf(body) === 'rich' });
    openai.stumble('cut-stream', { times: Infinity });
    const files = makeFiles([
      { id: 'quota', kind: 'chat', body: { ...chat, user: 'rich' } },
      { id: 'cut', kind: 'chat', body: chat },
    ]);

    await runHere(flagsOf(files, ...flags));

    const answers = answersIn(files.output);
    expect(answers.get('quota')).toMatchObject({ status: 'ok', fallback: 'quota_exhausted' });
    expect(answers.get('cut')).toMatchObject({
      status: 'ok',
      fallback: 'incomplete_stream',
      attempts: 3,
    });
  });

  it('goes there at once while the circuit is open', async () => {
    const { openai, fallback, flags } = await startUpstreams();
    openai.stumble('overloaded', overload);
    const files = makeFiles(
      [1, 2, 3, 4, 5].map((number) => ({ id: `chat-${number}`, kind: 'chat', body: chat })),
    );

    const { report, notes } = await runHere(flagsOf(files, ...flags, '--concurrency=1'));

    // Five failures in a row open it, with two requests for each row.
    expect(postsTo(openai)).toHaveLength(5);
    expect(postsTo(fallback)).toHaveLength(5);
    const answers = answersIn(files.output);
    expect(answers.get('chat-4')).toMatchObject({ fallback: 'circuit_open', attempts: 1 });
    expect(report.health[0]).toMatchObject({ circuit: { state: 'open', opened: 1 } });
    expect(notes).toContainEqual(expect.stringMatching(/^the upstream of the chat rows is down/));
  });

  it('fails as the fallback does, when that one is down too', async () => {
    const { openai, fallback, fallbackOrigin, flags } = await startUpstreams();
    openai.stumble('overloaded', overload);
    fallback.stumble('server-error', { times: Infinity });
    const files = makeFiles(rows.slice(0, 1));

    await runHere(flagsOf(files, ...flags));

    expect(answersIn(files.output).get('chat')).toMatchObject({
      status: 'failed',
      error: { code: 'server_error' },
      fallback: 'unavailable',
      upstream: fallbackOrigin,
      attempts: 4,
      retries: ['unavailable', 'server_error'],
    });
  });
});

describe('a row that the fallback does not help', () => {
  it('fails where it is wrong itself, where its key is, and where its kind has no other', async () => {
    const { openai, anthropic, fallback, flags } = await startUpstreams();
    openai.stumble('bad-key', { when: ({ body }) => userOf(body) === 'stranger' });
    openai.reply({ refuse: { status: 404, message: 'No such model' } });
    anthropic.stumble('overloaded', { times: Infinity });
    const files = makeFiles([
      { id: 'key', kind: 'chat', body: { ...chat, user: 'stranger' } },
      { id: 'model', kind: 'chat', body: chat },
      { id: 'messages', kind: 'messages', body: { ...chat, max_tokens: 10 } },
    ]);

    await runHere(flagsOf(files, ...flags));

    const answers = answersIn(files.output);
    expect(answers.get('key')).toMatchObject({ error: { name: 'AuthenticationError' } });
    expect(answers.get('model')).toMatchObject({ error: { name: 'NotFoundError' } });
    expect(answers.get('messages')).toMatchObject({ error: { code: 'overloaded' } });
    for (const answer of answers.values()) expect(answer.fallback).toBeUndefined();
    expect(postsTo(fallback)).toEqual([]);
  });

  it('is not sent elsewhere when it may have been processed, and must not be repeated', async () => {
    const { openai, fallback, flags } = await startUpstreams();
    openai.stumble('cut-stream', { times: Infinity });
    const files = makeFiles(rows.slice(0, 1));

    await runHere(flagsOf(files, ...flags, '--no-resend'));

    expect(answersIn(files.output).get('chat')).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { code: 'incomplete_stream' },
    });
    expect(postsTo(fallback)).toEqual([]);
  });

  it('has none to be sent to without --fallback', async () => {
    const { openai } = await startUpstreams();
    const files = makeFiles(rows.slice(0, 1));

    const { report } = await runHere(flagsOf(files, `--base-url=${openai.baseUrl}`));

    expect(report.health.map(({ id }) => id)).toEqual(['chat']);
  });
});

/** What an upstream was sent beside health checks. */
function postsTo({ requests }: MockUpstreams['openai']): ReceivedRequest[] {
  return requests.filter(({ method }) => method === 'POST');
}

function userOf(body: unknown): unknown {
  return (body as { readonly user?: unknown }).user;
}
