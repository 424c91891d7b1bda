import { createClient } from 'linkspan';
import { it } from 'vitest';

it('knows the options of a transport by its name', () => {
  void (() => {
    createClient({ transport: 'http', baseUrl: 'https://a.test', connections: 5, totalMs: 1 });
    // @ts-expect-error -- no option of the http transport
    createClient({ transport: 'http', provider: 'openai' });
    // @ts-expect-error -- there is no such transport
    createClient({ transport: 'grpc' });
    createClient({ transport: 'sdk', provider: 'openai', apiKey: 'key' });
    // @ts-expect-error -- no provider that is built in
    createClient({ transport: 'sdk', provider: 'nobody' });
  });
});
