import { inspect } from 'node:util';
import {
  AuthenticationError,
  ConnectionError,
  memoryTransport,
  secret,
  setting,
  type Transport,
  TransportRegistry,
} from '@linkspan/core';
import { ClientManager } from '@linkspan/core/manager';
import { expect, it } from 'vitest';

const KEYS = [
  'canary-key-1',
  'canary-bearer-2',
  'canary-cookie-3',
  'canary-userinfo-4',
  'canary-query-5',
  'canary-other-6',
];

/** Everything a person may look at, with what it holds however deep. */
function printed(...values: unknown[]): string {
  return values
    .flatMap((value) => [
      inspect(value, { depth: Infinity, showHidden: true }),
      JSON.stringify(value) ?? '',
      String((value as { message?: unknown } | undefined)?.message),
    ])
    .join('\n');
}

it('C12 C16 C19 shows no secret of a configuration, whatever fails and whoever repeats it', async () => {
  const failures = [
    new Error(
      `connect to https://ada:canary-userinfo-4@a.test/?key=canary-query-5 with canary-key-1`,
    ),
    new ConnectionError(
      'Cannot connect to https://ada:canary-other-6@a.test: canary-key-1 was refused',
    ),
    new AuthenticationError('Cannot sign in: canary-bearer-2', {
      status: 401,
      headers: { 'x-echo': 'canary-cookie-3' },
      body: '{"error":"canary-key-1 canary-bearer-2"}',
    }),
  ];
  const factory = {
    settings: {
      baseUrl: setting.custom<string>({
        optional: true,
        expected: 'a URL',
        check: (value) => String(value),
      }),
      apiKey: setting.secret({ optional: true }),
    },
    create: (): Transport =>
      Object.assign(
        memoryTransport(() => ({})),
        {
          connect: () => Promise.reject(failures[0] as Error),
          probe: () => Promise.reject(failures.shift() as Error),
        },
      ),
  };
  const registry = new TransportRegistry().register('openai', factory);
  const seen: unknown[] = [];
  const manager = new ClientManager({
    registry,
    env: {},
    onStatusChange: (change) => void seen.push(change),
    onCheck: (notice) => void seen.push(notice),
  }).register('model', {
    type: 'openai',
    baseUrl: 'https://ada:canary-userinfo-4@a.test/?key=canary-query-5',
    headers: { authorization: 'Bearer canary-bearer-2', cookie: 'canary-cookie-3' },
    metadata: { contract: 'canary-key-1' },
    sdk: { apiKey: secret('canary-key-1') },
  });

  const statuses: unknown[] = [];
  for (const _ of KEYS.slice(0, 3)) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    statuses.push(await manager.check('model'));
  }

  const text = printed(manager, manager.status(), seen, statuses);
  expect(text).toContain('[redacted]');
  for (const key of KEYS) expect(text).not.toContain(key);
});
