import { describe, expect, it } from 'vitest';
import { findEndpoints, type Endpoints } from '../src/command-line/endpoints.ts';
import { parseFlags } from '../src/command-line/flags.ts';
import { resolveSettings } from '../src/command-line/settings.ts';
import type { RowKind } from '../src/input/row.ts';

function find(
  args: readonly string[],
  env: Record<string, string> = {},
  kinds: readonly RowKind[] = ['chat'],
): Endpoints {
  return findEndpoints(kinds, resolveSettings(parseFlags(args), env), env);
}

function keysOf(endpoints: Endpoints): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.values(endpoints).map(({ baseUrl, apiKey }) => [baseUrl, apiKey?.reveal()]),
  );
}

const own = ['--input', 'rows.jsonl'];

describe('findEndpoints()', () => {
  it('rehearses where nothing else is known', () => {
    expect(find([])).toBe('rehearsal');
    expect(find(own)).toBe('rehearsal');
  });

  it('never sends the sample to a provider because of a key alone', () => {
    const env = { OPENAI_API_KEY: 'sk-1' };

    expect(find([], env)).toBe('rehearsal');
    expect(keysOf(find(own, env))).toEqual({ 'https://api.openai.com/v1': 'sk-1' });
    expect(find([...own, '--rehearse'], env)).toBe('rehearsal');
  });

  it('sends messages rows to Anthropic, with its key, or where its variable says', () => {
    const env = { OPENAI_API_KEY: 'sk-1', ANTHROPIC_API_KEY: 'sk-ant-2' };
    const other = { ...env, ANTHROPIC_BASE_URL: 'https://proxy.example/anthropic' };

    expect(keysOf(find(own, env, ['chat', 'messages']))).toEqual({
      'https://api.openai.com/v1': 'sk-1',
      'https://api.anthropic.com/': 'sk-ant-2',
    });
    expect(keysOf(find(own, other, ['messages']))).toEqual({
      'https://proxy.example/anthropic': 'sk-ant-2',
    });
  });

  it('takes the base URL of OpenAI from the environment, with its key', () => {
    const env = { OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: 'https://proxy.example/openai' };

    expect(keysOf(find(own, env))).toEqual({ 'https://proxy.example/openai': 'sk-1' });
  });

  it("sends a provider's key to that provider alone", () => {
    const env = { OPENAI_API_KEY: 'sk-1', GROQ_API_KEY: 'gsk-2' };

    expect(keysOf(find(['--base-url', 'https://elsewhere.example'], env))).toEqual({
      'https://elsewhere.example/': undefined,
    });
    expect(keysOf(find(['--base-url', 'https://api.groq.com/openai/v1'], env))).toEqual({
      'https://api.groq.com/openai/v1': 'gsk-2',
    });
  });

  it('sends the key of --base-url to no base URL of a kind', () => {
    const env = { LINKSPAN_API_KEY: 'k-all', LINKSPAN_AGENT_API_KEY: 'k-agent' };
    const args = [
      '--base-url=https://all.example',
      '--chat-base-url=https://chat.example',
      '--agent-base-url=https://agent.example',
      '--vercel-ui-base-url=https://ui.example/api/chat',
    ];

    expect(keysOf(find(args, env, ['json', 'chat', 'agent', 'vercel-ui']))).toEqual({
      'https://all.example/': 'k-all',
      'https://ui.example/api/chat': undefined,
      'https://chat.example/': undefined,
      'https://agent.example/': 'k-agent',
    });
  });

  it('sends rows through an SDK to its provider, and calls over a WebSocket to none', () => {
    const env = { OPENAI_API_KEY: 'sk-1', ANTHROPIC_API_KEY: 'sk-ant-2' };

    expect(keysOf(find(own, env, ['openai-sdk', 'anthropic-sdk']))).toEqual({
      'https://api.openai.com/v1': 'sk-1',
      'https://api.anthropic.com/': 'sk-ant-2',
    });
    expect(() => find(own, env, ['openai-sdk', 'web-socket'])).toThrow(
      'the input has rows of kind web-socket, and they have no base URL; give --web-socket-base-url',
    );
  });

  it('sends calls over a WebSocket to its own URL, or to the one of all rows as a WebSocket', () => {
    const env = { LINKSPAN_WEB_SOCKET_API_KEY: 'k-1' };
    const kinds: readonly RowKind[] = ['web-socket'];

    expect(keysOf(find(['--web-socket-base-url', 'wss://x.example/rpc'], env, kinds))).toEqual({
      'wss://x.example/rpc': 'k-1',
    });
    expect(find(['--base-url', 'https://x.example/rpc'], {}, kinds)).toMatchObject({
      'web-socket': { baseUrl: 'wss://x.example/rpc', label: 'wss://x.example' },
    });
    expect(() => find(['--web-socket-base-url', 'https://x.example'], env, kinds)).toThrow(
      '--web-socket-base-url: expected a ws or wss URL without a user name, found "https://x.example"',
    );
  });

  it('refuses when only some of the kinds have a base URL', () => {
    expect(() =>
      find(['--chat-base-url', 'https://chat.example'], {}, ['json', 'chat', 'agent']),
    ).toThrow(
      'Cannot start: the input has rows of kind json, agent, and they have no base URL; ' +
        'give --json-base-url, --agent-base-url or --base-url, or --rehearse',
    );
  });

  it('has a fallback for the kinds that it can take, with its own key or that of its provider', () => {
    const args = ['--base-url=https://x.example', '--fallback=https://api.groq.com/openai/v1'];
    const env = { GROQ_API_KEY: 'gsk-1', LINKSPAN_API_KEY: 'k-x' };

    expect(find(args, env, ['chat', 'json'])).toMatchObject({
      fallback: { baseUrl: 'https://api.groq.com/openai/v1', label: 'https://api.groq.com' },
    });
    expect(keysOf(find(args, env))).toEqual({
      'https://x.example/': 'k-x',
      'https://api.groq.com/openai/v1': 'gsk-1',
    });
    expect(
      keysOf(find(args, { ...env, LINKSPAN_FALLBACK_API_KEY: 'k-2' }, ['openai-sdk'])),
    ).toMatchObject({ 'https://api.groq.com/openai/v1': 'k-2' });
    expect(Object.keys(find(args, env, ['json', 'messages', 'agent']))).not.toContain('fallback');
  });

  it('refuses a fallback for a rehearsal', () => {
    const message = 'Cannot start: --fallback: expected with a base URL or a key; a rehearsal has';

    expect(() => find(['--fallback=https://x.example'])).toThrow(message);
    expect(() => find(['--fallback=https://x.example', '--rehearse'])).toThrow(message);
  });

  it('refuses a rehearsal with a base URL', () => {
    expect(() => find(['--rehearse', '--base-url', 'https://x.example'])).toThrow('exclude');
  });
});
