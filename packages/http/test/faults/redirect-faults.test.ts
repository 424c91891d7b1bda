import type { FaultId } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { meetFault, type Numbers } from './meet-fault.ts';

type Row = readonly [fault: FaultId, numbers: Numbers, message: RegExp];

const rows: readonly Row[] = [
  ['redirect-loop', {}, /leads back/],
  ['redirect-loop', { length: 2 }, /leads back/],
  ['redirect-loop', { length: 3, status: 308 }, /leads back/],
  ['redirect-chain', { hops: 6 }, /more than 5 redirects/],
  ['redirect-chain', { hops: 1000 }, /more than 5 redirects/],
  ['redirect-nowhere', {}, /302 without a location/],
  ['redirect-nowhere', { status: 307 }, /307 without a location/],
  ['redirect-to-garbage', {}, /without a location/],
  ['redirect-to-http', {}, /from https to http/],
];

describe('a redirect that leads nowhere good', () => {
  it.each(rows)('row 43: %s %o', async (fault, numbers, message) => {
    const { error } = await meetFault(fault, { numbers });

    expect(error).toMatchObject({
      kind: 'protocol',
      code: 'redirect',
      retryable: 'no',
      sent: 'yes',
      attempts: 1,
    });
    expect((error as Error).message).toMatch(message);
  });

  it('row 43: redirect-chain of five is followed', async () => {
    expect(await meetFault('redirect-chain', { numbers: { hops: 5 } })).toMatchObject({
      error: undefined,
      value: 'ok',
    });
  });

  it.each([301, 302, 303, 307, 308])(
    'row 43: redirect-other-origin takes no credential along, after a %i',
    async (status) => {
      const secrets = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key', 'api-key'];
      const { error, server } = await meetFault('redirect-other-origin', {
        numbers: { status },
        ask: (client, url) =>
          client.get(url, { headers: Object.fromEntries(secrets.map((name) => [name, 'canary'])) }),
      });
      const [landed] = server.requests(`${server.origins.elsewhere}/faults/echo`);

      expect(error).toBeUndefined();
      expect(JSON.stringify(landed?.headers)).not.toContain('canary');
    },
  );

  it('row 43: no redirect is followed for a body, unless it is asked for', async () => {
    const { error, value, server } = await meetFault('redirect-other-origin', {
      ask: async (client, url) => (await client.post(url, { a: 1 })).status,
    });

    expect([error, value]).toEqual([undefined, 307]);
    expect(server.requests(`${server.origins.elsewhere}/faults/echo`)).toEqual([]);
  });
});
