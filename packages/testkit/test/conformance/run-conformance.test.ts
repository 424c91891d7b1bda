import { readFileSync } from 'node:fs';
import { ConfigurationError, type Transport } from '@linkspan/core';
import {
  conformanceBadge,
  conformanceCases,
  type ConformanceReport,
  memoryFixture,
  runConformance,
} from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { over } from './broken/variation.ts';

const manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as {
  readonly version: string;
};

/** A transport that says that it has no duplex, and does not close. */
const limited = memoryFixture({
  name: 'limited',
  wrap: (transport: Transport) =>
    over(transport, {
      capabilities: { ...transport.capabilities, duplex: false },
      [Symbol.asyncDispose]: async () => {},
    }),
});

describe('runConformance()', () => {
  it('gives a report as plain JSON: what passed, failed and was skipped, and why', async () => {
    const report = await runConformance(limited, {
      only: ['p6-dispose', 'p6-never', 'p5-converse'],
    });

    expect(report).toEqual(JSON.parse(JSON.stringify(report)));
    expect(report).toMatchObject({
      kit: manifest.version,
      transport: 'limited',
      capabilities: { streaming: true, upload: true, duplex: false, status: true },
      isComplete: false,
      passed: 1,
      failed: 1,
      skipped: 1,
    });
    expect(report.cases.map(({ id, status, reason }) => [id, status, reason])).toEqual([
      ['p5-converse', 'skipped', 'The transport says that it cannot: duplex'],
      ['p6-never-used', 'passed', undefined],
      ['p6-dispose', 'failed', 'Expected a call after close() to be rejected, but it resolved'],
    ]);
  });

  it('ends before its next case when it is aborted', async () => {
    const reason = new Error('Enough');

    await expect(runConformance(limited, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });

  it.each([
    [{ only: ['p9'] }, "only: expected the beginning of an id, found 'p9'"],
    [{ only: 'p4' as never }, 'only: expected a list'],
    [{ patienceMs: 0 }, 'patienceMs: expected'],
    [{ signal: true as never }, 'signal: expected an AbortSignal'],
  ])('refuses options that are not right: %o', async (options, message) => {
    const running = runConformance(limited, options);

    await expect(running).rejects.toBeInstanceOf(ConfigurationError);
    await expect(running).rejects.toThrow(message);
  });
});

describe('conformanceBadge()', () => {
  const passing: ConformanceReport = {
    kit: '1.0.0',
    transport: 'carrier <pigeon>',
    capabilities: { streaming: true, upload: true, duplex: false, status: false },
    isComplete: true,
    passed: conformanceCases().length,
    failed: 0,
    skipped: 0,
    cases: [],
  };

  it.each<[Partial<ConformanceReport>, string, string]>([
    [{ passed: 150 }, '150 passed', 'brightgreen'],
    [{ passed: 140, skipped: 10 }, '140 passed, 10 skipped', 'brightgreen'],
    [{ passed: 139, failed: 1, skipped: 10 }, '1 failed, 139 passed, 10 skipped', 'red'],
    [{ passed: 3, isComplete: false }, '3 passed, not all run', 'lightgrey'],
  ])('says %o in a few words', (facts, message, color) => {
    const { endpoint, svg } = conformanceBadge({ ...passing, ...facts });

    expect(endpoint).toEqual({ schemaVersion: 1, label: 'linkspan conformance', message, color });
    expect(svg).toContain(`>${message}</text>`);
  });

  it('names the transport in its picture, with nothing in it that is markup', () => {
    const { svg } = conformanceBadge(passing);

    expect(svg).toContain('<title>carrier &lt;pigeon&gt;: linkspan conformance');
  });
});
