import * as undici from 'undici';
import { expect, it } from 'vitest';
import { buildConnector, Client } from '../../src/pool/undici-parts.ts';

it('the parts of undici are those that its main entry has', () => {
  expect(Client).toBe(undici.Client);
  expect(buildConnector).toBe(undici.buildConnector);
});
