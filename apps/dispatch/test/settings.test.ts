import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseFlags } from '../src/command-line/flags.ts';
import { helpText } from '../src/command-line/help.ts';
import { resolveSettings, type Settings } from '../src/command-line/settings.ts';

function resolve(args: readonly string[], env: Record<string, string> = {}): Settings {
  return resolveSettings(parseFlags(args), env);
}

describe('resolveSettings()', () => {
  it('has defaults for everything', () => {
    expect(resolve([])).toMatchObject({
      input: undefined,
      output: 'answers.jsonl',
      concurrency: 10,
      retries: 4,
      noResend: false,
      json: false,
    });
  });

  it('takes flags before the environment', () => {
    const env = {
      LINKSPAN_CONCURRENCY: '3',
      LINKSPAN_MAX_RETRIES: '7',
      LINKSPAN_TOTAL_MS: '5000',
      LINKSPAN_BASE_URL: 'https://api.example.com/v1',
    };

    const settings = resolve(['--concurrency', '5', '--timeout-ms=9000'], env);

    expect(settings).toMatchObject({ concurrency: 5, retries: 7, totalMs: 9000 });
    expect(settings.common.baseUrl?.href).toBe('https://api.example.com/v1');
  });

  it('tells all problems at once, by the names they were given under', () => {
    const args = ['--concurency', '5', '--retries', 'x', '--input', '--json', '--seed', '1', 'bar'];
    const env = { LINKSPAN_CONCURRENCY: '-1', LINKSPAN_CHAT_BASE_URL: 'ftp://user:pass@x' };
    let message = '';

    try {
      resolve([...args, '--seed', '2', '--json=1', '--base-url', 'nope'], env);
    } catch (error) {
      message = (error as Error).message;
    }

    expect(message.split('\n  ').toSorted()).toEqual([
      '--base-url: expected an http or https URL without a user name, found "nope"',
      '--concurency: there is no such flag',
      '--input: expected FILE, found nothing',
      '--json: expected no value, found "1"',
      '--retries: expected an integer from 0 to 100, found "x"',
      '--seed: expected once, found twice',
      'Cannot start: 10 problems (see --help), nothing was sent',
      'LINKSPAN_CHAT_BASE_URL: expected an http or https URL without a user name, ' +
        'found "ftp://[redacted]@x"',
      expect.stringMatching(/^LINKSPAN_CONCURRENCY: expected an integer from 1 to 1000, found/),
      expect.stringMatching(/^expected only flags, found "(5|bar)"$/),
      expect.stringMatching(/^expected only flags, found "(5|bar)"$/),
    ]);
  });

  it('takes limits and a fallback, from flags and from the environment', () => {
    const settings = resolve(['--rpm', '60', '--fallback=https://other.example/v1'], {
      LINKSPAN_TPM: '90000',
      LINKSPAN_FALLBACK_MODEL: 'other-1',
      LINKSPAN_FALLBACK_API_KEY: 'canary-3',
    });

    expect(settings).toMatchObject({ rpm: 60, tpm: 90_000, fallbackModel: 'other-1' });
    expect(settings.fallback.baseUrl?.href).toBe('https://other.example/v1');
    expect(settings.fallback.apiKey?.reveal()).toBe('canary-3');
  });

  it('refuses limits and fallbacks that are none', () => {
    const args = ['--rpm=0', '--tpm=many', '--fallback=other', '--fallback-model=m'];

    expect(() => resolve(args)).toThrow(
      [
        'Cannot start: 3 problems (see --help), nothing was sent',
        '--fallback: expected an http or https URL without a user name, found "other"',
        '--rpm: expected an integer of 1 or more, found 0',
        '--tpm: expected an integer of 1 or more, found "many"',
      ].join('\n  '),
    );
    expect(() => resolve(['--fallback-model', 'm'])).toThrow(
      '--fallback-model: expected with --fallback, found alone',
    );
  });

  it('prints no key', () => {
    const settings = resolve([], {
      LINKSPAN_API_KEY: 'canary-1',
      LINKSPAN_CHAT_API_KEY: 'canary-2',
      LINKSPAN_FALLBACK_API_KEY: 'canary-3',
    });

    expect(settings.common.apiKey?.reveal()).toBe('canary-1');
    expect(inspect(settings, { depth: Infinity, showHidden: true })).not.toContain('canary');
    expect(JSON.stringify(settings)).not.toContain('canary');
  });

  it('has a line of help for each flag', () => {
    expect(helpText()).toMatch(/--base-url URL\s+where all rows are sent/);
    expect(helpText()).toContain('LINKSPAN_MAX_RETRIES');
  });
});
