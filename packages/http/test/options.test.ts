import { inspect } from 'node:util';
import { ConfigurationError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { httpTransport } from '../src/http-transport.ts';
import { rejection } from './transport-call.ts';

function failure(options: object): ConfigurationError {
  try {
    httpTransport(options);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
  }
  throw new Error('Expected a ConfigurationError');
}

describe('the options of httpTransport()', () => {
  it('are all reported at once, with what was found and expected', () => {
    const { issues, message } = failure({
      conections: 5,
      connections: 0,
      connectMs: -1,
      maxQueue: 'many',
      redirect: { follow: 'never', max: 1.5 },
      pools: { default: { connection: 3 } },
      baseUrl: 'ftp://a.test',
      tls: { rejectUnauthorized: 'no' },
      clock: {},
    });

    expect(issues.map(({ option }) => option)).toEqual(
      expect.arrayContaining([
        'conections',
        'connections',
        'connectMs',
        'maxQueue',
        'redirect.follow',
        'redirect.max',
        'baseUrl',
        'tls.rejectUnauthorized',
        'clock',
      ]),
    );
    expect(message).toMatch(/^Cannot configure httpTransport\(\): \d+ problems/);
    expect(message).toMatch(/conections: is not an option; did you mean 'connections'\?/);
    expect(message).toMatch(/connectMs: expected a number of milliseconds above 0.* found -1/);
    expect(message).toMatch(/redirect\.follow: expected true, false or 'all', found/);
    expect(message).toMatch(/pools.*connection.*did you mean 'connections'/);
  });

  it.each(['http://user:canary@a.test', 'not a url', 'http://', 'file:///a', 5])(
    'refuse %s as a base URL, and print no password',
    (baseUrl) => {
      const error = failure({ baseUrl });

      expect(error.issues[0]?.option).toBe('baseUrl');
      expect(inspect(error)).not.toContain('canary');
    },
  );

  it('need not be given', async () => {
    const transport = httpTransport();

    expect(transport).toMatchObject({
      name: 'http',
      capabilities: { streaming: true, upload: true, duplex: false, status: true },
    });
    await transport.close();
    expect(await rejection(transport.connect())).toMatchObject({ kind: 'closed' });
  });
});
