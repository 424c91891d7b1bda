import type { FaultExchange } from '@linkspan/testkit';

type Request = FaultExchange['request'];

/** A text that repeats a request, as servers and the pages of frameworks write it. */
export type Echo = (request: Request) => string;

/** How servers write down what they got. */
export const echoes: Readonly<Record<string, Echo>> = {
  'as it came': ({ method, target, headers, body }) =>
    [
      `${method} ${target}`,
      ...Object.entries(headers).map((pair) => pair.join(': ')),
      '',
      body,
    ].join('\n'),
  'in bare words': (request) => `We do not like ${valuesOf(request).join(', nor ')}`,
  'as JSON': (request) => JSON.stringify({ values: valuesOf(request), body: String(request.body) }),
  'as JSON of PHP': (request) => JSON.stringify(valuesOf(request)).replaceAll('/', '\\/'),
  'as HTML': (request) => `<p>${valuesOf(request).map(escapeHtml).join('</p><p>')}</p>`,
  'as a query': (request) => valuesOf(request).map(encodeURIComponent).join('&'),
};

/** Every value of a request, taken apart: its headers, cookies, password, query and body. */
function valuesOf({ target, headers, body }: Request): string[] {
  const values = Object.values(headers);
  for (const cookie of (headers['cookie'] ?? '').split('; ')) {
    values.push(decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1)));
  }
  for (const name of ['authorization', 'proxy-authorization']) {
    const [scheme, credentials = ''] = headers[name]?.split(' ') ?? [];
    values.push(credentials);
    if (scheme === 'Basic') values.push(Buffer.from(credentials, 'base64').toString());
  }
  values.push(...new URL(target, 'http://127.0.0.1').searchParams.values());
  const { user } = JSON.parse(String(body)) as { readonly user: object };
  values.push(...(Object.values(user) as string[]));
  return values;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

const JSON_TYPE = { 'content-type': 'application/json' } as const;
const EVENTS = { 'content-type': 'text/event-stream' } as const;

/** How an echo comes, and who reads it. */
export interface EchoAnswer {
  readonly readBy: 'json' | 'openaiChat' | 'any';
  readonly play: (exchange: FaultExchange, text: string) => unknown;
}

const errorOf = (message: string): string =>
  JSON.stringify({ error: { message, type: message, code: message } });

/** A text that may stand in a header. */
const inLine = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, ' ');

const refusal = (status: number, write: (text: string) => string, type: string): EchoAnswer => ({
  readBy: 'any',
  play: (exchange, text) => exchange.answer(status, { 'content-type': type }, write(text)),
});

/** Answers that repeat the request. */
export const echoAnswers: Readonly<Record<string, EchoAnswer>> = {
  'a 400 of text': refusal(400, (text) => text, 'text/plain'),
  'a 401 with an error': refusal(401, errorOf, 'application/json'),
  'a 422 with a detail': refusal(422, (detail) => JSON.stringify({ detail }), 'application/json'),
  'a 500 of HTML': refusal(500, (text) => `<pre>${text}</pre>`, 'text/html'),
  'a 503 with an error': refusal(503, errorOf, 'application/json'),
  'headers of a 403': {
    readBy: 'any',
    play: (exchange, text) =>
      exchange.answer(403, {
        'x-request-id': inLine(text).replaceAll(' ', ''),
        server: inLine(text),
        'retry-after': inLine(text),
        'www-authenticate': `Bearer realm="${inLine(text)}"`,
        location: `http://127.0.0.1/${inLine(text)}`,
      }),
  },
  'a location that is none': {
    readBy: 'any',
    play: (exchange, text) =>
      exchange.answer(307, { location: `ftp://ada:${inLine(text)}@a.test` }),
  },
  'what is not JSON': {
    readBy: 'json',
    play: (exchange, text) => exchange.answer(200, JSON_TYPE, `You sent ${text}`),
  },
  'JSON that is cut': {
    readBy: 'json',
    play: (exchange, text) =>
      exchange.answer(200, JSON_TYPE, JSON.stringify({ text, more: '' }).slice(0, -4)),
  },
  'a page in the place of a stream': {
    readBy: 'openaiChat',
    play: (exchange, text) => exchange.answer(200, { 'content-type': 'text/html' }, text),
  },
  'a JSON error in the place of a stream': {
    readBy: 'openaiChat',
    play: (exchange, text) => exchange.answer(200, JSON_TYPE, errorOf(text)),
  },
  'an error within a stream': {
    readBy: 'openaiChat',
    play: (exchange, text) => exchange.answer(200, EVENTS, `data: ${errorOf(text)}\n\n`),
  },
  'an event that is no JSON': {
    readBy: 'openaiChat',
    play: (exchange, text) =>
      exchange.answer(200, EVENTS, `data: ${text.replaceAll('\n', ' ')}\n\n`),
  },
  'what is not HTTP': {
    readBy: 'any',
    async play(exchange, text) {
      await exchange.write(`${text}\r\n\r\n`);
      exchange.end();
    },
  },
  'a header that is none': {
    readBy: 'any',
    async play(exchange, text) {
      await exchange.write(`HTTP/1.1 200 OK\r\n${inLine(text)} \x01\r\n\r\n`);
      exchange.end();
    },
  },
  'a chunk that is none': {
    readBy: 'any',
    async play(exchange, text) {
      await exchange.chunked(200, JSON_TYPE);
      await exchange.write(`${text}\r\n`);
      exchange.end();
    },
  },
  'a body that breaks': {
    readBy: 'any',
    async play(exchange, text) {
      await exchange.head(500, { ...JSON_TYPE, 'content-length': text.length + 1_000 });
      await exchange.write(text);
      exchange.end();
    },
  },
};
