import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OriginReader } from '../../src/origin/origin-reader.ts';

const BASE = 'https://base.example.com';

/** What the platform says, for targets that are URLs with `//`. */
function expected(target: string): string {
  const parsed = URL.parse(target);
  if (parsed === null || !/^[a-z\d+.-]+:\/\//i.test(target)) return BASE;
  return parsed.origin === 'null' ? `${parsed.protocol}//${parsed.host}` : parsed.origin;
}

const scheme = fc.constantFrom('http', 'https', 'HTTPS', 'nats', 'unix+http', 'ws', '', '1http');
const host = fc.constantFrom('a.example.com', 'A.example.com', 'b', 'b.c', '[::1]', 'é.example');
const before = fc.constantFrom('', 'user:secret@', 'u@');
const port = fc.constantFrom('', ':80', ':443', ':8080', ':x');
const rest = fc.constantFrom('', '/', '/a', '?q=https://c/', '#h', '/https://d/');
const urls = fc
  .tuple(scheme, before, host, port, rest)
  .map(([name, user, peer, number, path]) => `${name}://${user}${peer}${number}${path}`);
const others = fc.constantFrom(
  '/',
  '/a?b=https://c/',
  'model-a',
  '',
  '//a.example.com/',
  'a:b',
  'https://a.example.com\\@b/',
  'https:',
  'http:/a',
);

describe('OriginReader', () => {
  it('reads the origin as the platform does, whatever it has read before', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(urls, urls, others), { maxLength: 30 }), (targets) => {
        const reader = new OriginReader(`${BASE}/v1`);

        expect(targets.map((target) => reader.read({ target }))).toEqual(targets.map(expected));
      }),
    );
  });

  it('goes on with origins that it has not met when it has met very many', () => {
    const reader = new OriginReader();
    const origins = Array.from({ length: 2_500 }, (_, number) => `https://h${number}.example.com`);

    expect(origins.map((origin) => reader.read({ target: `${origin}/a` }))).toEqual(origins);
    expect(reader.read({ target: 'https://h0.example.com/b' })).toBe('https://h0.example.com');
  });

  it('has one peer where there is no base URL', () => {
    expect(new OriginReader().read({ target: '/a' })).toBe('');
    expect(new OriginReader().read(undefined)).toBe('');
  });
});
