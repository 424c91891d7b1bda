import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { systemClock } from '@linkspan/concurrency';
import {
  type Body,
  type CallContext,
  type Capabilities,
  ClosedError,
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  createBody,
  HeadRace,
  LinkspanError,
  OpenCalls,
  ProtocolError,
  type ResponseHeaders,
  type Send,
  type Sent,
  statusError,
  type Transport,
  type TransportRequest,
} from '@linkspan/core';
import { Upload } from './upload.ts';

/** What a call knows of itself: how far it came, and the wire that it is on. */
export interface Attempt {
  sent: Sent;
  wire: ClientRequest | undefined;
  upload: Upload | undefined;
}

/** What `close()` has to end. */
interface OpenCall {
  readonly isBody: boolean;
  close(): void;
}

/**
 * A transport that keeps every promise, as small as that can be: HTTP/1.1 over `node:http`. The
 * broken ones are variations of it, so its steps are methods.
 */
export class ReferenceTransport implements Transport {
  readonly name: string = 'reference';
  readonly capabilities: Capabilities = {
    streaming: true,
    upload: true,
    duplex: true,
    status: true,
  };
  protected readonly agent: Agent = new Agent({ keepAlive: true, maxSockets: 50 });
  protected readonly open: OpenCalls<OpenCall> = new OpenCalls();
  protected closing: Promise<void> | undefined;
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  async connect(): Promise<void> {
    if (this.closing !== undefined) throw this.closedError('no');
  }

  readonly send: Send = async (request, context) => {
    if (this.closing !== undefined) throw this.closedError('no');
    const attempt: Attempt = { sent: 'no', wire: undefined, upload: undefined };
    const race = new HeadRace<IncomingMessage>(context, {
      phase: 'headers',
      get sent() {
        return attempt.sent;
      },
    });
    const call = { isBody: false, close: () => race.fail(this.closedError(attempt.sent)) };
    this.open.add(call);
    try {
      const answer = await race.run(() =>
        this.exchange(request, attempt, (error) => race.fail(error)),
      );
      return {
        status: answer.statusCode ?? 0,
        headers: this.headersOf(answer),
        body: this.bodyOf(answer, attempt, context),
      };
    } catch (error) {
      this.abandon(attempt);
      throw this.toFailure(error, attempt, context);
    } finally {
      this.open.delete(call);
    }
  };

  async probe(context: CallContext): Promise<void> {
    const {
      status = 0,
      headers,
      body,
    } = await this.send({ operation: 'HEAD', target: '/' }, context);
    await body.cancel();
    if (status >= 500) throw statusError({ status, headers });
  }

  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.closing ??= this.finish(options.drainMs ?? 0);
    return this.closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Sends the request. Resolves at the head of the answer. */
  protected exchange(
    request: TransportRequest,
    attempt: Attempt,
    fail: (error: LinkspanError) => void,
  ): Promise<IncomingMessage> {
    const upload = new Upload(request.payload);
    const wire = httpRequest(new URL(request.target, this.#baseUrl), {
      method: request.operation,
      headers: { ...request.headers, ...upload.headers },
      agent: this.agent,
    });
    attempt.wire = wire;
    attempt.upload = upload;
    wire.once('socket', (socket) => {
      const connected = (): void => {
        attempt.sent = 'maybe';
      };
      if (socket.connecting) socket.once('connect', connected);
      else connected();
    });
    return new Promise((resolve, reject) => {
      wire.on('error', reject);
      wire.once('response', (answer) => {
        attempt.sent = 'yes';
        resolve(answer);
      });
      upload.onFailure = fail;
      this.write(upload, wire);
    });
  }

  protected write(upload: Upload, wire: ClientRequest): void {
    void upload.pumpInto(wire);
  }

  protected headersOf(answer: IncomingMessage): ResponseHeaders {
    return answer.headers;
  }

  protected bodyOf(answer: IncomingMessage, attempt: Attempt, context: CallContext): Body {
    const body = createBody(this.read(answer), context);
    const call = { isBody: true, close: () => body.fail(this.closedError('yes')) };
    this.open.add(call);
    if (attempt.upload !== undefined) attempt.upload.onFailure = (error) => body.fail(error);
    body.onClose(() => {
      this.open.delete(call);
      this.leave(answer, attempt);
    });
    return body;
  }

  /** The chunks of an answer, which fail unless all of them came. */
  protected async *read(answer: IncomingMessage): AsyncGenerator<Uint8Array, undefined> {
    try {
      for await (const chunk of answer) yield chunk as Uint8Array;
    } catch (cause) {
      throw new ConnectionResetError('Cannot read the answer: it was cut', {
        code: 'body_truncated',
        phase: 'body',
        sent: 'yes',
        cause,
      });
    }
  }

  /** Gives the wire back, or takes it down when it is not at the end of its exchange. */
  protected leave(answer: IncomingMessage, attempt: Attempt): void {
    if (!answer.readableEnded || !attempt.wire?.writableFinished) this.abandon(attempt);
  }

  protected abandon(attempt: Attempt): void {
    attempt.upload?.stop();
    attempt.wire?.destroy();
  }

  protected toFailure(error: unknown, { sent }: Attempt, { signal }: CallContext): unknown {
    if (error instanceof LinkspanError) return error;
    if (signal?.aborted === true && Object.is(error, signal.reason)) return error;
    const { code = '' } = error as NodeJS.ErrnoException;
    const cause = error;
    if (code.startsWith('HPE_')) return new ProtocolError('Cannot read the answer', { cause });
    if (code === 'ECONNREFUSED') return new ConnectionRefusedError('Cannot connect', { cause });
    if (sent === 'no') return new ConnectionError('Cannot connect', { cause });
    return new ConnectionResetError('Cannot get an answer', { sent, cause });
  }

  protected async finish(drainMs: number): Promise<void> {
    await this.open.drained(drainMs, systemClock);
    for (const call of this.open) call.close();
    this.agent.destroy();
  }

  protected closedError(sent: Sent): ClosedError {
    return new ClosedError('Cannot finish the call: the transport is closed', { sent });
  }
}
