// What does one small request cost, beside the clients that people use today (G1, G2)? With
// `--only`, a pair can be measured without the garbage of the others.
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { createHttpClient, type HttpClient } from '@linkspan/http';
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

function linkspan(
  origin: string,
  method: 'GET' | 'POST',
  signal?: AbortSignal,
): [Call, HttpClient] {
  const client = createHttpClient({
    baseUrl: origin,
    connections,
    headers: { 'x-request-source': 'bench' },
  });
  const init =
    method === 'POST' ? { method, path: '/json', json: payload } : { method, path: '/json' };
  const options = signal && { signal };
  return [async () => await (await client.request(init, options)).json(), client];
}

function contenders(
  origin: string,
  method: 'GET' | 'POST',
  concurrency: number,
  only: Only,
): Contender[] {
  const url = `${origin}/json`;
  const body = method === 'POST' ? JSON.stringify(payload) : undefined;
  const { signal } = new AbortController();
  const [plain, plainClient] = linkspan(origin, method);
  const [aborting, abortingClient] = linkspan(origin, method, signal);
  const pool = new Pool(origin, { connections });
  const list = [
    contender('linkspan', concurrency, plain, () => plainClient.close()),
    contender('linkspan + signal', concurrency, aborting, () => abortingClient.close()),
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
  if (only) return list.filter(({ name }) => name === 'undici.request' || only.has(name));
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
  asks: 'CPU of one small JSON request (G1, G2)',
  async run({ brief, only }) {
    const server = await startServer();
    const rounds = brief ? 2 : 9;
    for (const method of ['GET', 'POST'] as const) {
      for (const concurrency of [1, 10, 100]) {
        const units = brief ? 200 : concurrency === 1 ? 3000 : 10_000;
        const list = contenders(server.origin, method, concurrency, only);
        const rows = await compare(list, { reference: 'undici.request', rounds, units });
        printRows(`${method} c=${concurrency}${only ? ' (pair)' : ''}`, 'undici.request', rows);
      }
    }
    await server.stop();
  },
};
