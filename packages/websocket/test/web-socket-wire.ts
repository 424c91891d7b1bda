import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import * as ws from 'ws';
import type { PeerWire } from './peer-wire.ts';

/** The parser of ws, which its types leave out. */
const { Receiver } = ws as unknown as {
  readonly Receiver: new (options: { readonly isServer: boolean }) => Writable;
};

const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PONG = 0xa;

/** The server's side of a WebSocket, frame by frame: it can do what a server should not. */
export class WebSocketWire implements PeerWire {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  onMessage: (data: Buffer, isBinary: boolean) => void = () => {};
  onClose: (code: number) => void = () => {};

  constructor(request: IncomingMessage, socket: Socket) {
    this.request = request;
    this.socket = socket;
    socket.on('error', () => {});
    // Upgraded sockets are half-open on their own.
    socket.on('end', () => socket.destroy());
  }

  /** Answers the upgrade, and begins to read. */
  open(headers: Readonly<Record<string, string>> = {}): void {
    const key = `${this.request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    const lines = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    const receiver = new Receiver({ isServer: true });
    receiver.on('message', (data: Buffer, isBinary: boolean) => this.onMessage(data, isBinary));
    receiver.on('ping', (data: Buffer) => void this.#write(PONG, data));
    receiver.on('conclude', (code: number) => this.onClose(code));
    receiver.on('error', () => this.socket.destroy());
    this.socket.on('data', (data: Buffer) => receiver.write(data));
  }

  /** Refuses the upgrade with an answer. */
  refuse(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): void {
    const lines = [
      `HTTP/1.1 ${status} Status`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${body.length}`,
      'Connection: close',
    ];
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    this.socket.end(body);
  }

  /** Sends a message. Resolves when there is room for more, or nobody is there any more. */
  async send(message: string | Uint8Array): Promise<void> {
    await this.#write(typeof message === 'string' ? TEXT : BINARY, Buffer.from(message));
  }

  /** Sends a close frame. */
  async sendClose(code: number = 1000, reason: string = ''): Promise<void> {
    await this.#write(
      CLOSE,
      Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]),
    );
  }

  hold(): void {
    this.socket.pause();
  }

  release(): void {
    this.socket.resume();
  }

  hangUp(): void {
    this.socket.end();
  }

  cut(): void {
    this.socket.end(() => this.socket.destroy());
  }

  async #write(opcode: number, payload: Buffer): Promise<void> {
    if (this.socket.destroyed) return;
    const head = Buffer.alloc(10);
    head[0] = 0x80 | opcode;
    let size = 2;
    if (payload.length < 126) head[1] = payload.length;
    else if (payload.length < 65_536) {
      head[1] = 126;
      head.writeUInt16BE(payload.length, 2);
      size = 4;
    } else {
      head[1] = 127;
      head.writeBigUInt64BE(BigInt(payload.length), 2);
      size = 10;
    }
    if (this.socket.write(Buffer.concat([head.subarray(0, size), payload]))) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.socket.off('drain', go);
        this.socket.off('close', go);
        resolve();
      };
      this.socket.on('drain', go);
      this.socket.on('close', go);
    });
  }
}
