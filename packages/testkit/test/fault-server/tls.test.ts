import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { FaultId } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { startFaultServer } from './start-fault-server.ts';

/** What a client that trusts `ca` meets: the code of its failure, or the body. */
async function visit(url: string, ca: string): Promise<string> {
  const outgoing = request(url, { ca, agent: false }).end();
  try {
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    return text;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

describe('the TLS ports', () => {
  it('are trusted by who trusts server.tls.authority', async () => {
    const server = await startFaultServer();

    expect(await visit(server.url('ok', {}, 'https'), server.tls.authority)).toBe('ok');
  });

  it.each<[FaultId, RegExp]>([
    ['tls-unknown-authority', /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/],
    ['tls-expired', /^CERT_HAS_EXPIRED$/],
    ['tls-wrong-host', /^ERR_TLS_CERT_ALTNAME_INVALID$/],
    ['tls-plain-http', /WRONG_VERSION_NUMBER|PACKET_LENGTH|EPROTO/],
    ['tls-garbage', /WRONG_VERSION_NUMBER|PACKET_LENGTH|EPROTO/],
    ['tls-reset', /^ECONNRESET$/],
    ['accept-reset', /ECONNRESET|socket hang up/],
  ])('stumble as they say: %s', async (id, code) => {
    const server = await startFaultServer();

    expect(await visit(server.url(id).replace(/^http:/, 'https:'), server.tls.authority)).toMatch(
      code,
    );
    await server.idle();
  });

  it('leave a handshake waiting', async () => {
    const server = await startFaultServer();
    const outgoing = request(server.url('tls-stall'), { ca: server.tls.authority, agent: false });
    const failed = once(outgoing.end(), 'error') as Promise<[NodeJS.ErrnoException]>;
    const [socket] = await once(outgoing, 'socket');
    await once(socket as NodeJS.EventEmitter, 'connect');
    await expect.poll(() => server.connections).toBe(1);
    outgoing.destroy();

    expect((await failed)[0].code).toBe('ECONNRESET');
    await server.idle();
  });

  it('reset a connection within its TLS', async () => {
    const server = await startFaultServer();
    const url = server.url('reset-mid-headers', {}, 'https');

    expect(await visit(url, server.tls.authority)).toBe('ECONNRESET');
    await server.idle();
  });
});
