import { httpFixture, runConformance } from '@linkspan/testkit';
import { conformance } from '@linkspan/testkit/vitest';
import { expect, it } from 'vitest';
import { ReferenceTransport } from './reference-transport.ts';

const transport = (baseUrl: string): ReferenceTransport => new ReferenceTransport(baseUrl);

conformance(httpFixture({ name: 'the reference transport', transport }), { concurrent: true });

it('passes the cases about whole answers also where a content-length tells their end', async () => {
  const fixture = httpFixture({ name: 'reference', transport, framing: 'content-length' });
  const report = await runConformance(fixture, { only: ['p4'] });

  expect(report.cases.filter(({ status }) => status !== 'passed')).toEqual([]);
}, 60_000);
