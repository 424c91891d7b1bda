import { connect } from 'node:net';

/** What a raw client saw of an answer, and how the connection ended. */
export interface RawAnswer {
  readonly bytes: Buffer;
  /** One character a byte. */
  readonly text: string;
  /** `open`: as many bytes came as were waited for, and the client left. */
  readonly end: 'reset' | 'end' | 'open';
}

/** How a raw client asks. */
export interface RawAsk {
  /** Leaves when so many bytes have come. @default at the end of the connection */
  readonly untilBytes?: number;
  /** Leaves when these bytes have come. */
  readonly untilText?: string;
  /** Sent behind the head. */
  readonly body?: string;
  readonly method?: string;
  readonly headers?: readonly string[];
}

/** Sends one request over TCP and reads what comes, byte by byte as it is. */
export function askRaw(url: string, ask: RawAsk = {}): Promise<RawAnswer> {
  const { hostname, port, pathname, search } = new URL(url);
  const { untilBytes = Infinity, untilText, body, method = 'GET', headers = [] } = ask;
  const lines = [`${method} ${pathname}${search} HTTP/1.1`, 'host: 127.0.0.1', ...headers];
  if (body !== undefined) lines.push(`content-length: ${Buffer.byteLength(body)}`);
  const socket = connect(Number(port), hostname);
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const done = (end: RawAnswer['end']): void => {
      socket.destroy();
      resolve({ bytes, text: bytes.toString('latin1'), end });
    };
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.byteLength >= untilBytes) done('open');
      else if (untilText !== undefined && bytes.includes(untilText)) done('open');
    });
    socket.on('end', () => done('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') done('reset');
      else reject(error);
    });
  });
}
