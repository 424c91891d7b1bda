import { createClient } from 'linkspan';
import type { HttpRequestInit } from 'linkspan/http';
import { expectTypeOf, it } from 'vitest';

it('knows the options and the requests of a transport by its name', () => {
  void (() => {
    const client = createClient({ transport: 'http', baseUrl: 'https://a.test', connections: 5 });
    expectTypeOf<HttpRequestInit>().toExtend<Parameters<typeof client.request>[0]>();
    // @ts-expect-error -- no option of the http transport
    createClient({ transport: 'http', provider: 'openai' });
    // @ts-expect-error -- there is no such transport
    createClient({ transport: 'grpc' });
    createClient({ transport: 'sdk', provider: 'openai', apiKey: 'key' });
    // @ts-expect-error -- no provider that is built in
    createClient({ transport: 'sdk', provider: 'nobody' });
  });
});
