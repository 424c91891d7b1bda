import { describe } from 'vitest';
import { rejection } from '../transport-call.ts';
import {
  type AnyFetch,
  compareWithPlatform,
  failure,
  post,
  type Probe,
} from './against-platform.ts';

async function told(fetch: AnyFetch, url: string | URL | Request, init?: RequestInit) {
  return await (await fetch(url, init)).json();
}

async function* chunks(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

/** The same, each in a turn of its own. */
async function* late(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for await (const part of chunks(...parts)) {
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    yield part;
  }
}

function form(): FormData {
  const data = new FormData();
  data.append('purpose', 'batch "quoted"\r\nname');
  data.append('file', new Blob(['{"a":1}\n'], { type: 'application/jsonl' }), 'lines.jsonl');
  data.append('raw', new Blob(['raw']));
  return data;
}

/** Probes of requests: what arrives at the server. */
const requests: Readonly<Record<string, Probe>> = {
  'a string': (fetch, origin) => told(fetch, `${origin}/echo?q=1#fragment`),
  'a URL': (fetch, origin) => told(fetch, new URL(`${origin}/ä b/../c`)),
  'a Request': (fetch, origin) =>
    told(fetch, new Request(`${origin}/echo`, post('text', { headers: { 'x-custom': 'yes' } }))),
  'a Request with a form': (fetch, origin) => {
    const fields = new FormData();
    fields.append('purpose', 'batch');
    return told(fetch, new Request(origin, post(fields)));
  },
  'a Request with a stream': (fetch, origin) =>
    told(
      fetch,
      new Request(origin, { ...post(ReadableStream.from(late('one', 'two'))), duplex: 'half' }),
    ),
  'a Request and an init': (fetch, origin) =>
    told(fetch, new Request(`${origin}/echo`, { headers: { 'x-custom': 'one' } }), {
      method: 'PUT',
      body: 'more',
      headers: { 'x-custom': 'two' },
    }),
  'headers as a record': (fetch, origin) =>
    told(fetch, origin, { headers: { 'X-Custom': 'a', Authorization: 'Bearer x', Accept: 'a/b' } }),
  'headers as pairs': (fetch, origin) =>
    told(fetch, origin, {
      headers: [
        ['X-Custom', 'one'],
        ['x-custom', 'two'],
      ],
    }),
  'headers as Headers': (fetch, origin) =>
    told(fetch, origin, { headers: new Headers({ 'X-Custom': 'a' }) }),
  text: (fetch, origin) => told(fetch, origin, post('päyload')),
  'an empty text': (fetch, origin) => told(fetch, origin, post('')),
  'no body': (fetch, origin) => told(fetch, origin, { method: 'POST' }),
  'null as the body': (fetch, origin) => told(fetch, origin, post(null)),
  JSON: (fetch, origin) =>
    told(fetch, origin, post('{}', { headers: { 'content-type': 'application/json' } })),
  bytes: (fetch, origin) => told(fetch, origin, post(Buffer.from('bytes').subarray(1, 4))),
  'an ArrayBuffer': (fetch, origin) => told(fetch, origin, post(new Uint8Array([65, 66]).buffer)),
  'a DataView': (fetch, origin) =>
    told(fetch, origin, post(new DataView(new Uint8Array([65, 66]).buffer, 1))),
  'a Blob': (fetch, origin) => told(fetch, origin, post(new Blob(['blob'], { type: 'a/b' }))),
  URLSearchParams: (fetch, origin) => told(fetch, origin, post(new URLSearchParams({ a: 'ä&' }))),
  FormData: (fetch, origin) => told(fetch, origin, post(form())),
  'a ReadableStream': (fetch, origin) =>
    told(fetch, origin, {
      ...post(ReadableStream.from(chunks('one', 'two')) as never),
      duplex: 'half',
    }),
  'an async iterable': (fetch, origin) =>
    told(fetch, origin, { ...post(chunks('one', 'two') as never), duplex: 'half' }),
  'a stream without duplex': (fetch, origin) =>
    failure(fetch(origin, post(ReadableStream.from(chunks('one')) as never))),
  'a stream that is locked': (fetch, origin) => {
    const stream = ReadableStream.from(chunks('one'));
    stream.getReader();
    return failure(fetch(origin, { ...post(stream as never), duplex: 'half' }));
  },
  'a body that is changed after the call': async (fetch, origin) => {
    const bytes = Buffer.from('before');
    const call = told(fetch, origin, post(bytes));
    bytes.fill('x');
    return await call;
  },
  // oxlint-disable-next-line unicorn/no-invalid-fetch-options -- the platform refuses it, too
  'a GET with a body': (fetch, origin) => failure(fetch(origin, { body: 'x' })),
  'a method in lower case': (fetch, origin) => told(fetch, origin, { method: 'delete' }),
  'a method that is forbidden': (fetch, origin) => failure(fetch(origin, { method: 'TRACE' })),
  'a method that is none': (fetch, origin) => failure(fetch(origin, { method: 'A B' })),
  'a URL that is none': (fetch) => failure(fetch('http://')),
  'one URL after another, and the first again': async (fetch, origin) => [
    await told(fetch, `${origin}/echo?q=1`),
    await failure(fetch('http://')),
    await told(fetch, `${origin}/echo?q=2`),
    await failure(fetch('http://')),
    await told(fetch, `${origin}/echo?q=1`),
  ],
  'a URL with credentials': (fetch, origin) =>
    failure(fetch(origin.replace('://', '://user:pass@'))),
  'another scheme': (fetch) =>
    rejection(fetch('ftp://127.0.0.1/')).then((error) => error instanceof TypeError),
  'a header that is none': (fetch, origin) =>
    failure(fetch(origin, { headers: { 'x-custom': 'a\nb' } })),
  'redirect that is none': (fetch, origin) =>
    failure(fetch(origin, { redirect: 'maybe' as never })),
  'what has no effect': (fetch, origin) =>
    told(fetch, origin, {
      cache: 'no-store',
      credentials: 'include',
      keepalive: true,
      mode: 'cors',
      referrer: 'about:client',
      referrerPolicy: 'no-referrer',
    } as RequestInit),
};

describe('createFetch() sends what the fetch of the platform sends', () => {
  compareWithPlatform(requests);
});
