import { inspect } from 'node:util';
import { ConfigurationError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { parseProxyUrl } from '../../src/wire/proxy-server.ts';

describe('parseProxyUrl()', () => {
  it.each([
    ['http://proxy.test:3128', 'http://proxy.test:3128', 3128],
    ['http://proxy.test', 'http://proxy.test', 80],
    ['https://proxy.test', 'https://proxy.test', 443],
    ['proxy.test:8080', 'http://proxy.test:8080', 8080],
    ['http://[::1]:1', 'http://[::1]:1', 1],
  ])('reads %s', (text, origin, port) => {
    expect(parseProxyUrl(text, 'proxy')).toMatchObject({ origin, port, authorization: undefined });
  });

  it('keeps user and password for the proxy, and shows them to nobody', () => {
    const proxy = parseProxyUrl('http://user:can%40ry%@proxy.test', 'proxy');

    expect(proxy.authorization?.reveal()).toBe(`Basic ${btoa('user:can%40ry%')}`);
    expect(parseProxyUrl('http://u:p%40@proxy.test', 'p').authorization?.reveal()).toBe(
      `Basic ${btoa('u:p@')}`,
    );
    expect(inspect(proxy, { depth: Infinity, showHidden: true })).not.toMatch(/can|dXNlcjp/);
  });

  it.each([
    [
      'socks5://user:canary@proxy.test',
      /expected the http or https URL .* found the scheme socks5/,
    ],
    ['http://user:canary@', /found what is no URL/],
  ])('refuses %s without a word of its secrets', (text, message) => {
    const parse = () => parseProxyUrl(text, 'proxy');

    expect(parse).toThrow(ConfigurationError);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/canary/);
  });
});
