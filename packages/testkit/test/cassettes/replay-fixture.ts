import type { Transport, TransportRequest } from '@linkspan/core';
import {
  type Cassette,
  type ConformanceFixture,
  type Exchange,
  type Peer,
  type RecordedFailure,
  type RecordedResult,
  type ReplayTransport,
  replayTransport,
  type Scene,
} from '@linkspan/testkit';

/** Longer than any test waits. */
const NEVER_MS = 1e9;

const cut: RecordedFailure = {
  class: 'ConnectionResetError',
  message: 'Cannot read the body: the peer has left',
  code: 'body_truncated',
  phase: 'body',
  retryable: 'if-idempotent',
  sent: 'yes',
};

const absent: RecordedFailure = {
  class: 'ConnectionRefusedError',
  message: 'Cannot connect: nobody is there',
  code: 'connection_refused',
  phase: 'connect',
  retryable: 'yes',
  sent: 'no',
};

/** Nobody can have recorded the scene: what comes of it depends on the payload, or has no end. */
export class NotRecordable extends Error {}

/** What a recording of a scene holds. */
function recordingOf(scene: Scene): RecordedResult {
  const head = { kind: 'answer', headers: {}, end: { how: 'complete' } } as const;
  const chunksOf = (list: readonly Uint8Array[], afterMs: number) =>
    list.map((bytes) => ({ base64: Buffer.from(bytes).toString('base64'), afterMs }));
  switch (scene.kind) {
    case 'answer': {
      const { chunks, status = 200, headers = {}, pauseMs = 0 } = scene;
      const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
      return {
        ...head,
        status,
        headers: Object.fromEntries(names) as Readonly<Record<string, string>>,
        afterMs: pauseMs,
        chunks: chunksOf(chunks, pauseMs),
      };
    }
    case 'silent':
      return { kind: 'unanswered' };
    case 'stall':
      return { ...head, chunks: [...chunksOf(scene.chunks, 0), { text: '', afterMs: NEVER_MS }] };
    case 'cut':
      return { ...head, chunks: chunksOf(scene.chunks, 0), end: { how: 'failed', error: cut } };
    case 'drop':
      return { kind: 'failure', error: { ...cut, phase: 'headers', sent: 'maybe' } };
    case 'garbage':
      return { kind: 'failure', error: { ...cut, class: 'ProtocolError', code: 'protocol' } };
    case 'absent':
      return { kind: 'failure', error: absent };
    default:
      throw new NotRecordable(scene.kind);
  }
}

/** Scenes from a cassette, each recorded when it is asked for. There is no peer: the calls count. */
class ReplayedPeer implements Peer {
  readonly #exchanges: Exchange[] = [];
  readonly #replay: ReplayTransport;
  #isAbsent = false;
  busy = 0;
  readonly flooded = 0;

  constructor() {
    const cassette: Cassette = {
      format: 'linkspan-cassette',
      version: 1,
      transport: {
        name: 'replay',
        capabilities: { streaming: true, upload: false, duplex: false, status: true },
      },
      exchanges: this.#exchanges,
    };
    const match = (asked: { readonly target: string }, recorded: { readonly target: string }) =>
      asked.target === recorded.target;
    this.#replay = replayTransport(cassette, { timing: true, match });
  }

  get requests(): number {
    if (this.#isAbsent) return 0;
    return this.#exchanges.length - this.#replay.left.length;
  }

  get connections(): number {
    return this.busy;
  }

  /** The replay, with its calls counted. */
  get transport(): Transport {
    const replay = this.#replay;
    return {
      name: replay.name,
      capabilities: replay.capabilities,
      connect: () => replay.connect(),
      close: (options) => replay.close(options),
      [Symbol.asyncDispose]: () => replay[Symbol.asyncDispose](),
      send: async (request, context) => {
        this.busy += 1;
        try {
          const response = await replay.send(request, context);
          response.body.onClose(() => (this.busy -= 1));
          return response;
        } catch (error) {
          this.busy -= 1;
          throw error;
        }
      },
    };
  }

  request(scene: Scene): TransportRequest {
    const request = { operation: 'PLAY', target: `/${this.#exchanges.length}/${scene.kind}` };
    this.#isAbsent ||= scene.kind === 'absent';
    const result = recordingOf(this.#isAbsent ? { kind: 'absent' } : scene);
    this.#exchanges.push({ request: { ...request, headers: {} }, result });
    return request;
  }
}

export const replayFixture: ConformanceFixture = {
  name: 'replay',
  async open() {
    const peer = new ReplayedPeer();
    return {
      transport: peer.transport,
      request: (scene) => peer.request(scene),
      peer,
      close: async () => {},
    };
  },
};
