// What does one small request cost, beside the clients that people use today (G1, G2), with the whole
// standard stack on, and with nothing on (G3)? With `--only`, given twice, a pair can be measured
// without the garbage of the others; the second is the reference.
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Deadline } from '@linkspan/concurrency';
import { createHttpClient, type HttpClientOptions, httpTransport } from '@linkspan/http';
import { standardResilience } from '@linkspan/resilience';
import { create as createAxios } from 'axios';
import got from 'got';
import ky from 'ky';
import { Pool, request as undiciRequest, fetch as undiciFetch, Agent } from 'undici';
import { compare, type Contender } from './measure.ts';
import type { Only, Question } from './question.ts';
import { printRows } from './print.ts';
import { startServer } from './start-server.ts';

const payload = { model: 'bench', input: 'a small question', temperature: 0.5 };
const headers = { 'content-type': 'application/json', 'x-request-source': 'bench' };
const connections = 100;

/** Does one request and reads its answer as JSON. */
type Call = () => Promise<unknown>;

function contender(
  name: string,
  concurrency: number,
  call: Call,
  close?: () => Promise<void>,
): Contender {
  return {
    name,
    async run(units) {
      let left = units;
      const worker = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await call();
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
    },
    ...(close && { close }),
  };
}

/** What is asked of every contender. */
interface Load {
  readonly origin: string;
  readonly method: 'GET' | 'POST';
  readonly concurrency: number;
}

function linkspan(
  name: string,
  { origin, method, concurrency }: Load,
  { signal, ...options }: HttpClientOptions & { readonly signal?: AbortSignal } = {},
): Contender {
  const client = createHttpClient({
    baseUrl: origin,
    connections,
    headers: { 'x-request-source': 'bench' },
    ...options,
  });
  const init = { method, path: '/json', ...(method === 'POST' && { json: payload }) };
  const call: Call = async () => await (await client.request(init, signal && { signal })).json();
  return contender(`linkspan${name}`, concurrency, call, () => client.close());
}

/** Everything that is on by default in the stack, and its clocks. */
function standardStack(baseUrl: string): HttpClientOptions {
  const layer = standardResilience({
    baseUrl,
    totalMs: 60_000,
    attemptMs: 10_000,
    bulkhead: { limit: connections },
  });
  return { retry: false, middleware: [layer] };
}

/** What is left of the client when there is none. */
function transportAlone({ origin, method, concurrency }: Load): Contender {
  const transport = httpTransport({ baseUrl: origin, connections });
  const context = {
    signal: undefined,
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: 60_000,
    acceptStatus: () => true,
  };
  const encoder = new TextEncoder();
  return contender(
    'httpTransport()',
    concurrency,
    async () => {
      const bytes = method === 'POST' ? encoder.encode(JSON.stringify(payload)) : undefined;
      const { body } = await transport.send(
        {
          operation: method,
          target: '/json',
          headers,
          ...(bytes && { payload: { kind: 'bytes', bytes } }),
        },
        { ...context, deadline: Deadline.after(60_000) },
      );
      return JSON.parse(Buffer.concat(await body.collect()).toString()) as unknown;
    },
    () => transport.close(),
  );
}

function contenders(load: Load, only: Only): Contender[] {
  const { origin, method, concurrency } = load;
  const url = `${origin}/json`;
  const body = method === 'POST' ? JSON.stringify(payload) : undefined;
  const { signal } = new AbortController();
  const pool = new Pool(origin, { connections });
  const list = [
    linkspan('', load),
    linkspan(' + signal', load, { signal }),
    linkspan(' + standardResilience()', load, standardStack(origin)),
    linkspan(' + standardResilience() + signal', load, { ...standardStack(origin), signal }),
    linkspan(', nothing on', load, { retry: false, redirect: false }),
    transportAlone(load),
    contender(
      'undici.request',
      concurrency,
      async () => {
        const answer = await pool.request({
          path: '/json',
          method,
          headers,
          body: body ? JSON.stringify(payload) : null,
        });
        return await answer.body.json();
      },
      () => pool.close(),
    ),
  ];
  if (only) return list.filter(({ name }) => only.has(name));
  const agent = new Agent({ connections });
  const httpAgent = new HttpAgent({ keepAlive: true, maxSockets: connections });
  const kyClient = ky.create({ retry: 0 });
  const gotClient = got.extend({ agent: { http: httpAgent }, retry: { limit: 0 } });
  const axiosClient = createAxios({ httpAgent });
  return [
    ...list,
    contender('undici.request (agent)', concurrency, async () => {
      const answer = await undiciRequest(url, {
        method,
        headers,
        dispatcher: agent,
        ...(body && { body: JSON.stringify(payload) }),
      });
      return await answer.body.json();
    }),
    contender(
      'undici.fetch',
      concurrency,
      async () => {
        const answer = await undiciFetch(url, {
          method,
          headers,
          dispatcher: agent,
          ...(body && { body: JSON.stringify(payload) }),
        });
        return await answer.json();
      },
      () => agent.close(),
    ),
    contender('node:http', concurrency, async () => await nodeHttp(url, method, httpAgent)),
    contender(
      'got',
      concurrency,
      async () => await gotClient(url, { method, ...(body && { json: payload }) }).json(),
    ),
    contender(
      'ky',
      concurrency,
      async () => await kyClient(url, { method, headers, ...(body && { json: payload }) }).json(),
    ),
    contender(
      'axios',
      concurrency,
      async () =>
        (await axiosClient.request({ url, method, headers, ...(body && { data: payload }) }))
          .data as unknown,
      () => Promise.resolve(httpAgent.destroy()),
    ),
  ];
}

function nodeHttp(url: string, method: string, agent: HttpAgent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())))
        .on('error', reject);
    });
    request.on('error', reject).end(method === 'POST' ? JSON.stringify(payload) : undefined);
  });
}

export const http: Question = {
  asks: 'CPU of one small JSON request (G1, G2, G3)',
  async run({ brief, only }) {
    const server = await startServer();
    const reference = [...(only ?? ['undici.request'])].at(-1)!;
    // One load is enough to show that a pair works.
    const isShort = brief && only !== undefined;
    for (const method of isShort ? (['POST'] as const) : (['GET', 'POST'] as const)) {
      for (const concurrency of isShort ? [10] : [1, 10, 100]) {
        // Long enough for what a contender leaves behind to be collected in its own time.
        const units = brief ? 200 : concurrency === 1 && !only ? 3000 : 10_000;
        const list = contenders({ origin: server.origin, method, concurrency }, only);
        const rows = await compare(list, { reference, rounds: brief ? 2 : 9, units });
        printRows(`${method} c=${concurrency}${only ? ' (pair)' : ''}`, reference, rows);
      }
    }
    await server.stop();
  },
};
