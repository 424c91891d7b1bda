import { describe, expect, it } from 'vitest';
import { parseNoProxy } from '../../src/wire/no-proxy.ts';

describe('parseNoProxy()', () => {
  it.each<[list: string, host: string, port: number, isDirect: boolean]>([
    ['', 'example.com', 80, false],
    ['*', 'example.com', 80, true],
    ['example.com', 'example.com', 80, true],
    ['example.com', 'www.example.com', 443, true],
    ['example.com', 'notexample.com', 80, false],
    ['example.com', 'example.com.evil.test', 80, false],
    ['.example.com', 'www.example.com', 80, true],
    ['.example.com', 'example.com', 80, true],
    ['*.example.com', 'a.b.example.com', 80, true],
    ['EXAMPLE.com', 'Example.COM', 80, true],
    ['example.com', 'example.com.', 80, true],
    ['example.com.', 'example.com', 80, true],
    ['example.com:8080', 'example.com', 8080, true],
    ['example.com:8080', 'example.com', 80, false],
    ['a.test, b.test c.test', 'b.test', 80, true],
    ['a.test, b.test c.test', 'c.test', 80, true],
    ['a.test,,b.test', 'd.test', 80, false],
    ['10.0.0.1', '10.0.0.1', 80, true],
    ['10.0.0.1', '10.0.0.10', 80, false],
    ['10.0.0.1:81', '10.0.0.1', 81, true],
    ['10.0.0.1:81', '10.0.0.1', 80, false],
    ['10.0.0.0/8', '10.255.1.2', 80, true],
    ['10.0.0.0/8', '11.0.0.1', 80, false],
    ['10.0.0.0/33', '10.0.0.1', 80, false],
    ['10.0.0.0/8', 'ten.example.com', 80, false],
    ['::1', '[::1]', 80, true],
    ['[::1]', '[::1]', 80, true],
    ['[::1]:8080', '[::1]', 8080, true],
    ['[::1]:8080', '[::1]', 80, false],
    ['fd00::/8', '[fd12:3456::1]', 80, true],
    ['fd00::/8', '[fe80::1]', 80, false],
    ['localhost', 'localhost', 80, true],
    ['0.0.1', '127.0.0.1', 80, false],
  ])('%j: %s port %i → %s', (list, host, port, isDirect) => {
    expect(parseNoProxy(list)(host, port)).toBe(isDirect);
  });
});
