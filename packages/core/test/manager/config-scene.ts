import {
  ConfigurationError,
  memoryTransport,
  type Secret,
  setting,
  type Transport,
  type TransportFactory,
  TransportRegistry,
} from '@linkspan/core';
import { refused } from './manager-scene.ts';

interface WireOptions {
  readonly baseUrl?: string | URL;
  readonly connections?: number;
  readonly apiKey?: string | Secret;
  readonly tls?: { readonly ca?: string };
}

/** Factories whose transports answer with what they were made of, and with what they were sent. */
export function wires() {
  const made: Transport[] = [];
  let sent = 0;
  const factory = (name: string): TransportFactory<Transport, WireOptions> => ({
    settings: {
      baseUrl: setting.custom<string, string | URL>({
        optional: true,
        env: 'BASE_URL',
        expected: 'an absolute URL',
        check: (value) => (URL.canParse(String(value)) ? String(value) : undefined),
      }),
      connections: setting.integer({ default: 50, min: 1 }),
      apiKey: setting.secret({ optional: true }),
      tls: setting.group({ ca: setting.string({ optional: true }) }, { env: 'TLS' }),
    },
    create(options) {
      const transport = memoryTransport(
        (request) => {
          sent += 1;
          if (request.target === '/fail') throw refused();
          return { body: { options, headers: request.headers } };
        },
        { name },
      );
      made.push(transport);
      return Object.assign(transport, { probe: () => Promise.resolve() });
    },
  });
  const registry = new TransportRegistry()
    .register('http', factory('http'))
    .register('websocket', factory('websocket'))
    .register('openai', factory('openai'));
  return { registry, made, attempts: () => sent };
}

/** The problems that a ConfigurationError tells, a line each. */
export function issuesOf(make: () => unknown): readonly string[] {
  try {
    make();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.issues.map(({ option, message }) => `${option}: ${message}`);
  }
  throw new Error('Expected a ConfigurationError');
}
