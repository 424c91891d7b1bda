import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { ManualClock } from '@linkspan/concurrency';
import { ConfigurationError, ConnectionTimeoutError, TlsError } from '@linkspan/core';
import { describe, expect, it, vi } from 'vitest';
import { httpTransport } from '../../src/http-transport.ts';
import type { TlsOptions } from '@linkspan/core/wire';
import { startServer } from '../loopback-server.ts';
import { startRawServer } from '../raw-server.ts';
import { pem, startTlsServer } from '../tls-server.ts';
import { get, rejection, startTransport, textOf } from '../transport-call.ts';

const ca = pem('authority');

describe('TLS', () => {
  it('P29 N18 trusts the authorities that it is given', async () => {
    const { url } = await startTlsServer((_request, response) => response.end('safe'));

    expect(await textOf(get(startTransport({ tls: { ca } }), url))).toBe('safe');
  });

  it.each<[string, string, string, TlsOptions]>([
    ['of an unknown authority', 'server', 'localhost', {}],
    ['that has expired', 'expired', 'localhost', { ca }],
    ['for another host', 'elsewhere', 'localhost', { ca }],
    [
      'for another name than asked for',
      'server',
      'localhost',
      { ca, servername: 'elsewhere.test' },
    ],
  ])('row 6 N18 refuses a certificate %s', async (_name, certificate, host, tls) => {
    const { port } = await startTlsServer((_request, response) => response.end(), { certificate });
    const error = await rejection(get(startTransport({ tls }), `https://${host}:${port}/`));

    expect(error).toBeInstanceOf(TlsError);
    expect(error).toMatchObject({
      code: 'tls_certificate',
      kind: 'network',
      phase: 'tls',
      retryable: 'no',
      sent: 'no',
    });
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(/certificate was not accepted \([A-Z_]+\)$/),
    );
    expect(inspect(error)).not.toContain('BEGIN CERTIFICATE');
  });

  it('row 6 is not switched off by the environment', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { url } = await startTlsServer((_request, response) => response.end());

    expect(await rejection(get(startTransport(), url))).toMatchObject({ code: 'tls_certificate' });
    vi.unstubAllEnvs();
  });

  it('is switched off for one transport by rejectUnauthorized', async () => {
    const { url } = await startTlsServer((_request, response) => response.end('any'), {
      certificate: 'expired',
    });
    const transport = startTransport({ tls: { rejectUnauthorized: false } });

    expect(await textOf(get(transport, url))).toBe('any');
  });

  it('shows a certificate of its own where the server asks for one', async () => {
    const { url } = await startTlsServer((_request, response) => response.end('known'), {
      options: { ca, requestCert: true, rejectUnauthorized: true },
    });
    const passphrase = 'canary-passphrase';
    const tls = { ca, cert: pem('client'), key: pem('client-locked-key'), passphrase };

    expect(await textOf(get(startTransport({ tls }), url))).toBe('known');
    expect(await rejection(get(startTransport({ tls: { ca } }), url))).toMatchObject({
      kind: 'network',
    });
  });

  it('refuses a server that has TLS 1.1 alone', async () => {
    const { url } = await startTlsServer((_request, response) => response.end(), {
      options: { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    });

    expect(await rejection(get(startTransport({ tls: { ca } }), url))).toMatchObject({
      code: 'tls_protocol',
    });
  });

  it('row 8 tells of a server that does not speak TLS', async () => {
    const { url } = await startServer((_request, response) => response.end());
    const error = await rejection(get(startTransport(), url.replace('http:', 'https:')));

    expect(error).toMatchObject({ code: 'tls_protocol', retryable: 'no', sent: 'no' });
  });

  it('row 7 ends a handshake that stalls after connectMs', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(() => {});
    const transport = startTransport({ clock, connectMs: 2_000 });
    const promise = rejection(get(transport, server.url.replace('http:', 'https:')));
    await (await server.connection(0)).arrival('');
    await expect.poll(() => server.connections[0]!.received.length).toBeGreaterThan(0);
    await clock.advance(2_000);
    const error = await promise;

    expect(error).toBeInstanceOf(ConnectionTimeoutError);
    expect(error).toMatchObject({
      code: 'connect_timeout',
      kind: 'timeout',
      clock: 'connectMs',
      phase: 'tls',
      limitMs: 2_000,
      elapsedMs: 2_000,
      retryable: 'yes',
      sent: 'no',
    });
    await server.connections[0]!.closed;
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells of a peer that hangs up within the handshake', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address() as { readonly port: number };
    const error = await rejection(get(startTransport(), `https://127.0.0.1:${address.port}/`));
    server.close();

    expect(error).toMatchObject({
      code: 'connection_reset',
      phase: 'tls',
      sent: 'no',
      retryable: 'yes',
    });
  });

  it.each<[string, object]>([
    ['a key that is none', { key: '-----BEGIN PRIVATE KEY-----\ncanary\n', cert: pem('client') }],
    ['a key of another certificate', { key: pem('server-key'), cert: pem('client') }],
    [
      'a wrong passphrase',
      { key: pem('client-locked-key'), cert: pem('client'), passphrase: 'canary' },
    ],
    ['a key that is no text', { key: 5 }],
    ['a version that is too old', { minVersion: 'TLSv1.1' }],
  ])('refuses %s when the transport is made, and shows nothing of it', (_name, tls) => {
    const make = () => httpTransport({ tls });

    expect(make).toThrow(ConfigurationError);
    expect(make).not.toThrow(/canary|BEGIN/);
  });
});
