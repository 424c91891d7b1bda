import { createClient, TransportRegistry } from '@linkspan/core';
import { ClientManager } from '@linkspan/core/manager';
import { recordingTransport } from '@linkspan/testkit';
import { createHttpClient } from '../../src/client/http-client.ts';
import { createFetch } from '../../src/fetch/create-fetch.ts';
import { httpTransportFactory } from '../../src/http-transport-factory.ts';
import { httpTransport } from '../../src/http-transport.ts';
import {
  type CanaryCall,
  type CanaryOutcome,
  LONGEST,
  requestOf,
  secretsOf,
} from './canary-client.ts';
import type { Print } from './canaries.ts';
import { printsOfFailure, printsOfValue } from './prints.ts';

/** The same secrets in a client whose transport is made by hand, or from data: it knows no `auth`. */
function withoutAuth(call: CanaryCall) {
  const { auth: _auth, headers, tls, proxy } = secretsOf(call);
  const { canaries } = call;
  const signed = {
    'x-api-key': canaries.key,
    ...(call.setup === 'basic'
      ? { authorization: `Basic ${btoa(`ada:${canaries.basic}`)}` }
      : { authorization: `Bearer ${canaries.bearer}` }),
    ...headers,
    ...requestOf(call).headers,
  };
  return { headers: signed as Readonly<Record<string, string>>, tls, proxy };
}

/** The URL, with a secret in its query. */
function withQuery({ url, canaries }: CanaryCall): string {
  const withSecret = new URL(url);
  withSecret.searchParams.set('access_token', canaries.query);
  return withSecret.href;
}

/** Lets a manager check clients: one of data by its own probe, one by a call, which reads an answer. */
export async function checkWithCanaries(call: CanaryCall): Promise<CanaryOutcome> {
  const { url, canaries } = call;
  const prints: Print[] = [];
  const { connectMs, totalMs } = call.options ?? {};
  await using manager = new ClientManager({
    registry: new TransportRegistry().register('http', httpTransportFactory()),
    env: { LINKSPAN_HEADERS: JSON.stringify({ 'x-session-token': canaries.header }) },
    health: { downAfter: 1, timeoutMs: totalMs },
    connectMs,
    metadataKeys: ['team'],
    onCheck: (notice) => void prints.push(...printsOfValue('the notice', notice)),
    onStatusChange: (change) => void prints.push(...printsOfValue('the change', change)),
  });
  const { headers, tls, proxy } = withoutAuth(call);
  const metadata = { team: 'blue', contract: canaries.key };
  manager.register('probed', {
    type: 'http',
    baseUrl: withQuery(call),
    headers,
    metadata,
    http: { tls, proxy, connectMs },
  } as never);
  const asked = createHttpClient({ ...secretsOf(call), env: {}, retry: false, ...call.options });
  manager.register('asked', asked, {
    ownClient: true,
    probe: async (client, { signal, deadline }) => {
      const response = await client.post(url, undefined, { ...requestOf(call), signal, deadline });
      await response.json(undefined, { maxBytes: LONGEST });
    },
  });

  const errors: unknown[] = [];
  for (const id of ['probed', 'asked']) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    prints.push(...printsOfValue('check()', await manager.check(id)));
    // oxlint-disable-next-line no-await-in-loop -- as above
    await manager.connect(id).catch((error: unknown) => {
      errors.push(error);
      prints.push(...printsOfFailure('the error of connect()', error));
    });
    prints.push(...printsOfValue('explainConfig()', manager.explainConfig(id)));
    prints.push(...printsOfValue('status(id)', manager.status(id)));
  }
  prints.push(...printsOfValue('checkAll()', await manager.checkAll()));
  prints.push(...printsOfValue('connectAll()', await manager.connectAll()));
  prints.push(...printsOfValue('status()', manager.status()));
  prints.push(...printsOfValue('the manager', manager));
  return { error: errors[0], prints };
}

/** Calls by `createFetch()`, as a library of somebody else would. */
export async function fetchWithCanaries(call: CanaryCall): Promise<CanaryOutcome> {
  const prints: Print[] = [];
  await using client = createHttpClient({
    ...secretsOf(call),
    env: {},
    baseUrl: new URL(call.url).origin,
    ...call.options,
  });
  const fetch = createFetch(client, {
    maxBytes: LONGEST,
    retry: { maxRetries: 1, baseDelayMs: 0 },
  });
  const { headers, json } = requestOf(call);
  let error: unknown;
  try {
    const response = await fetch(withQuery(call), {
      method: 'POST',
      headers: {
        ...(headers as Readonly<Record<string, string>>),
        'content-type': 'application/json',
      },
      body: JSON.stringify(json),
    });
    prints.push(...printsOfValue('inFlight()', client.inFlight()));
    // The words of an answer are the answer: what its failure says must not repeat them.
    if (call.reader === 'json') await response.json();
    else await response.text();
  } catch (thrown) {
    error = thrown;
    prints.push(...printsOfFailure('error', thrown));
  }
  const explanation = client.explain(error);
  prints.push(...printsOfValue('explain()', explanation), [
    'String(explain())',
    String(explanation),
  ]);
  prints.push(...printsOfValue('the fetch', fetch));
  return { error, prints };
}

/** Records what a transport sends and gets. */
export async function recordWithCanaries(call: CanaryCall): Promise<CanaryOutcome> {
  const { headers, tls, proxy } = withoutAuth(call);
  const { connectMs, totalMs, idleMs } = call.options ?? {};
  const recording = recordingTransport(httpTransport({ tls, proxy, connectMs }));
  await using client = createClient({ transport: recording, ownTransport: true, headers, env: {} });
  const prints: Print[] = [];
  let error: unknown;
  try {
    const payload = { kind: 'value', value: requestOf(call).json } as const;
    const request = { operation: 'PUT', target: withQuery(call), payload };
    const retry = { maxRetries: 1, baseDelayMs: 0 };
    const response = await client.request(request, { totalMs, idleMs, retry });
    await response.json(undefined, { maxBytes: LONGEST });
  } catch (thrown) {
    error = thrown;
    prints.push(...printsOfFailure('error', thrown));
  }
  prints.push(...printsOfValue('explain()', client.explain(error)));
  prints.push(...printsOfValue('the cassette', recording.cassette()));
  prints.push(...printsOfValue('the transport', recording));
  return { error, prints };
}
