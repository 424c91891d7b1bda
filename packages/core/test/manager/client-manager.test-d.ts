import { expectTypeOf } from 'vitest';
import { type Client, memoryTransport, type Transport, TransportRegistry } from '@linkspan/core';
import {
  ClientConfig,
  ClientManager,
  type ClientStatus,
  type ManagedClient,
  type ManagerStatus,
} from '@linkspan/core/manager';

interface Asking extends Transport<Uint8Array, { readonly path: string }> {
  readonly asked: number;
}
const registry = new TransportRegistry().register('http', {
  create: (options: { readonly baseUrl?: string; readonly connections?: number }): Asking =>
    Object.assign(
      memoryTransport(() => ({ body: options })),
      { asked: 0 },
    ) as never,
});
const database = { close: () => Promise.resolve(), query: (sql: string) => sql };

const manager = new ClientManager({ registry })
  .register('api', { type: 'http', totalMs: 5, http: { connections: 1 } })
  .register('env', ClientConfig.fromEnv('API_'))
  .register('orders', database, {
    probe: async (client) => {
      expectTypeOf(client.query('select 1')).toEqualTypeOf<string>();
    },
  });

expectTypeOf(manager.get('api')).toEqualTypeOf<Client<{ readonly path: string }>>();
expectTypeOf(manager.get('env')).toEqualTypeOf<Client>();
expectTypeOf(manager.get('orders')).toEqualTypeOf<typeof database>();
expectTypeOf(manager.get('unknown')).toEqualTypeOf<ManagedClient>();
expectTypeOf(manager.status()).toEqualTypeOf<ManagerStatus>();
expectTypeOf(manager.status('api')).toEqualTypeOf<ClientStatus>();
expectTypeOf(manager.check('api')).resolves.toEqualTypeOf<ClientStatus>();

// Clients may be declared before they are registered.
const declared = new ClientManager<{ readonly api: Client }>();
expectTypeOf(declared.get('api')).toEqualTypeOf<Client>();

// @ts-expect-error -- no transport of the registry has this name
manager.register('x', { type: 'htpp' });
// @ts-expect-error -- the block is that of another type
manager.register('x', { type: 'http', ws: {} });
// @ts-expect-error -- no option of the transport
manager.register('x', { type: 'http', http: { connectionss: 1 } });
// @ts-expect-error -- no event of this name
manager.on('degraded', () => {});
