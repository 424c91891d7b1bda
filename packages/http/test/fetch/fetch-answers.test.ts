import { Readable } from 'node:stream';
import { createFetch, createHttpClient } from '@linkspan/http';
import { describe, expect, it } from 'vitest';
import { rejection } from '../transport-call.ts';
import { compareWithPlatform, failure, type Probe } from './against-platform.ts';
import { startEchoServer } from './echo-server.ts';

/** What is seen of an answer. */
async function seen(response: Response): Promise<object> {
  const headers = [...response.headers].filter(
    ([name]) => !/^(?:date|connection|keep-alive|transfer-encoding)$/.test(name),
  );
  const { status, ok, statusText, redirected, type, bodyUsed } = response;
  const url = response.url.replace(/^http:\/\/[^/]+/, '');
  const hasBody = response.body !== null;
  const text = await response.text();
  return {
    status,
    ok,
    statusText,
    redirected,
    type,
    bodyUsed,
    url,
    headers,
    hasBody,
    text,
    usedThen: response.bodyUsed,
  };
}

const statuses = [200, 201, 204, 205, 304, 400, 401, 404, 418, 429, 500, 503];

/** Probes of answers. */
const answers: Readonly<Record<string, Probe>> = {
  ...Object.fromEntries(
    statuses.map((status): [string, Probe] => [
      `a ${status}`,
      async (fetch, origin) => await seen(await fetch(`${origin}/status/${status}`)),
    ]),
  ),
  'a HEAD': async (fetch, origin) => await seen(await fetch(`${origin}/json`, { method: 'HEAD' })),
  'no bytes': async (fetch, origin) => await seen(await fetch(`${origin}/empty`)),
  'a byte order mark': async (fetch, origin) => await (await fetch(`${origin}/text`)).text(),
  JSON: async (fetch, origin) => await (await fetch(`${origin}/json`)).json(),
  'JSON that is broken': async (fetch, origin) =>
    (await rejection((await fetch(`${origin}/broken-json`)).json())) instanceof SyntaxError,
  'a compressed body': async (fetch, origin) => await (await fetch(`${origin}/gzip`)).text(),
  'a compressed body, chunk by chunk': async (fetch, origin) => {
    let length = 0;
    for await (const chunk of (await fetch(`${origin}/gzip`)).body!) length += chunk.length;
    return length;
  },
  'bytes in a buffer of their own': async (fetch, origin) => {
    const buffer = await (await fetch(`${origin}/text`)).arrayBuffer();
    return [buffer instanceof ArrayBuffer, Buffer.from(buffer).toString()];
  },
  'a Blob': async (fetch, origin) => {
    const blob = await (await fetch(`${origin}/json`)).blob();
    return [blob instanceof Blob, blob.type, await blob.text()];
  },
  'a form': async (fetch, origin) => [...(await (await fetch(`${origin}/form`)).formData())],
  headers: async (fetch, origin) => {
    const { headers } = await fetch(`${origin}/cookies`);
    const each: unknown[] = [];
    headers.forEach((value, name, all) => each.push([name, value, all === headers]));
    const skipped = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);
    return {
      get: ['X-MANY', 'x-upper', 'set-cookie', 'none'].map((name) => headers.get(name)),
      has: ['X-Many', 'none', 'constructor'].map((name) => headers.has(name)),
      cookies: headers.getSetCookie(),
      each: each.filter((entry) => !skipped.has((entry as string[])[0] as string)),
      keys: [...headers.keys()].filter((name) => !skipped.has(name)),
      values: [...headers.values()].filter((value) => /^(?:a=1|b=2|one)/.test(value)),
      entries: Object.fromEntries([...headers.entries()].filter(([name]) => !skipped.has(name))),
      copied: [...new Headers(headers)].filter(([name]) => !skipped.has(name)),
      is: headers instanceof Headers,
      bad: await failure((async () => headers.get('a b'))()),
      ...Object.fromEntries(
        await Promise.all(
          (['set', 'append', 'delete'] as const).map(async (name) => [
            name,
            await failure((async () => headers[name]('a', 'b'))()),
          ]),
        ),
      ),
    };
  },
  'headers that are gone through again': async (fetch, origin) => {
    const { headers } = await fetch(`${origin}/cookies`);
    for (const entry of headers) entry[1] = 'changed by a reader';
    return [...headers].filter(([name]) => /^(?:x-|set-)/.test(name));
  },
  'a Response': async (fetch, origin) => {
    const response = await fetch(`${origin}/json`);
    const again = new Response(response.body, response);
    return [
      response instanceof Response,
      again.status,
      again.headers.get('content-type'),
      await again.json(),
    ];
  },
  'a body that was read': async (fetch, origin) => {
    const response = await fetch(`${origin}/json`);
    await response.text();
    const read = await failure(response.json());
    const clone = await failure((async () => response.clone())());
    return [read, clone, response.bodyUsed, response.body?.locked];
  },
  'a body that is being read': async (fetch, origin) => {
    const response = await fetch(`${origin}/json`);
    const reader = response.body!.getReader();
    const used = response.bodyUsed;
    const text = await failure(response.text());
    reader.releaseLock();
    return [used, text, await response.text()];
  },
  'a body that is read beyond its end': async (fetch, origin) => {
    const reader = (await fetch(`${origin}/json`)).body!.getReader();
    while (!(await reader.read()).done);
    return [await reader.read(), await reader.read(), await reader.closed];
  },
  'a body that is read when it was cancelled': async (fetch, origin) => {
    const reader = (await fetch(`${origin}/json`)).body!.getReader();
    const cancelled = reader.cancel();
    return [await reader.read(), await cancelled, await reader.closed];
  },
  'a clone': async (fetch, origin) => {
    const response = await fetch(`${origin}/events`);
    const clone = response.clone();
    const texts = [await clone.text(), await response.text()];
    return [
      texts,
      clone.status,
      clone.url === response.url,
      clone.bodyUsed,
      clone instanceof Response,
    ];
  },
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].flatMap((status): [string, Probe][] => [
      [
        `a ${status} that is followed`,
        async (fetch, origin) => await seen(await fetch(`${origin}/redirect/${status}`)),
      ],
      [
        `a ${status} that is taken`,
        async (fetch, origin) =>
          await seen(await fetch(`${origin}/redirect/${status}`, { redirect: 'manual' })),
      ],
      [
        `a ${status} that is an error`,
        async (fetch, origin) =>
          await failure(fetch(`${origin}/redirect/${status}`, { redirect: 'error' })),
      ],
    ]),
  ),
};

describe('createFetch() gives what the fetch of the platform gives', () => {
  compareWithPlatform(answers);
});

it('gives a body that Node can read as a stream of its own', async () => {
  const { url } = await startEchoServer();
  await using client = createHttpClient({ baseUrl: url });

  const { body } = await createFetch(client)('/events');

  const parts: unknown[] = await Readable.fromWeb(body!).toArray();
  expect(Buffer.concat(parts as Uint8Array[]).toString()).toBe('data: one\n\ndata: two\n\n');
});
