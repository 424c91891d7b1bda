import {
  type AnyTransport,
  type ChunkOf,
  type Client,
  type ClientOptions,
  createClient as createCoreClient,
  type InitOf,
  type NamedClientOptions,
} from '@linkspan/core';
import { type BuiltInTransports, createRegistry } from './create-registry.ts';

type MadeBy<Factory> = Factory extends { create(options: never): infer Made } ? Made : never;

/**
 * Makes a client over a built-in transport by its name, with the transport's options beside its own;
 * over the transports of a `registry`; or over a transport that is there already, which the client
 * closes only when `ownTransport` says that it is its own.
 *
 * ```ts
 * const client = createClient({ transport: 'http', baseUrl: 'https://api.example.com' });
 * ```
 *
 * Options that are not given come from the environment (`LINKSPAN_TOTAL_MS` for `totalMs`), else they
 * have their defaults.
 *
 * @throws ConfigurationError with everything that is wrong, in options and environment.
 */
export function createClient<Name extends keyof BuiltInTransports>(
  options: { readonly transport: Name; readonly registry?: undefined } & Omit<
    NamedClientOptions<BuiltInTransports, Name>,
    'transport' | 'registry'
  >,
): Client<InitOf<MadeBy<BuiltInTransports[Name]>>, ChunkOf<MadeBy<BuiltInTransports[Name]>>>;
export function createClient<Factories, Name extends keyof Factories & string>(
  options: NamedClientOptions<Factories, Name>,
): Client<InitOf<MadeBy<Factories[Name]>>, ChunkOf<MadeBy<Factories[Name]>>>;
export function createClient<T extends AnyTransport>(
  options: ClientOptions<T>,
): Client<InitOf<T>, ChunkOf<T>>;
export function createClient(options: object): Client<never, never> {
  const { registry = createRegistry() } = options as { readonly registry?: unknown };
  return createCoreClient({ ...options, registry } as never);
}
