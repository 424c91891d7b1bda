import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ValueAnswer } from './answer.ts';

/** Answers a handshake with a status, and ends the connection. */
export function refuseUpgrade(socket: Duplex, { status, headers, body }: ValueAnswer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  const fields = Object.entries({ ...headers, 'content-length': length, connection: 'close' });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${text}`);
}
