import { onTestFinished } from 'vitest';
import type { EndpointMap } from '../src/command-line/endpoints.ts';
import { Clients, type ClientsSettings } from '../src/delivery/clients.ts';

const lenient: ClientsSettings = {
  connections: 2,
  answerMs: Infinity,
  checkEveryMs: Infinity,
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  circuit: { rule: { consecutive: 1_000 }, openMs: 10_000 },
  retriesPerSecond: 1_000,
  fallbackModel: undefined,
};

/** Clients that nothing is kept from, unless the settings say so; closed when the test is over. */
export function openClients(
  endpoints: EndpointMap,
  settings: Partial<ClientsSettings> = {},
): Clients {
  const clients = new Clients(endpoints, { ...lenient, ...settings });
  onTestFinished(() => clients[Symbol.asyncDispose]());
  return clients;
}
