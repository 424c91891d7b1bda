import type { FaultExchange } from './fault-exchange.ts';
import type { StreamFaultTable } from './stream-faults.ts';
import type { StreamParts } from './stream-parts.ts';

/** Sends a head and these texts, each a chunk of its own; `whole` ends the body as it should end. */
export async function sendParts(
  exchange: FaultExchange,
  { contentType }: StreamParts,
  texts: Iterable<string | Uint8Array>,
  end: 'whole' | 'open',
): Promise<void> {
  await exchange.request.complete;
  await exchange.chunked(200, { 'content-type': contentType });
  // oxlint-disable-next-line no-await-in-loop -- one write after another
  for (const text of texts) await exchange.chunk(text);
  if (end === 'whole') await exchange.lastChunk();
}

/** Streams that stop, wait for ever, fail on the way, or do not stop where they should. */
export function cutStreams(parts: StreamParts, everyMs: number): StreamFaultTable {
  const { before, rest, isSse, hasTerminator, mayGoOn, error, noProgress } = parts;
  const next = rest[0] ?? '';
  return {
    'reset-before-headers': {
      title: 'resets the connection before the head',
      expect: 'not-complete',
      play: (exchange) => exchange.reset(),
    },
    'reset-after-events': {
      title: 'resets the connection between two events',
      expect: 'not-complete',
      async play(exchange) {
        await sendParts(exchange, parts, before, 'open');
        await exchange.delivered();
        exchange.reset();
      },
    },
    'reset-within-event': {
      title: 'resets the connection within an event',
      expect: 'not-complete',
      async play(exchange) {
        await sendParts(exchange, parts, [...before, next.slice(0, next.length / 2)], 'open');
        await exchange.delivered();
        exchange.reset();
      },
    },
    'closed-without-last-chunk': {
      title: 'closes the connection between two events, the body not ended',
      expect: 'not-complete',
      async play(exchange) {
        await sendParts(exchange, parts, before, 'open');
        exchange.end();
      },
    },
    'eof-before-terminator': hasTerminator
      ? {
          title: 'ends the body properly between two events, before the terminator',
          expect: 'not-complete',
          play: (exchange) => sendParts(exchange, parts, before, 'whole'),
        }
      : undefined,
    'eof-within-event': hasTerminator
      ? {
          title: 'ends the body properly within an event, before the terminator',
          expect: 'not-complete',
          play: (exchange) =>
            sendParts(exchange, parts, [...before, next.slice(0, next.length / 2)], 'whole'),
        }
      : undefined,
    'lingers-after-terminator': hasTerminator
      ? {
          title: 'sends all of the stream, and leaves the body open',
          expect: 'complete',
          async play(exchange) {
            await sendParts(exchange, parts, parts.events, 'open');
            await exchange.closed;
          },
        }
      : undefined,
    'data-after-terminator': hasTerminator
      ? {
          title: 'sends all of the stream, and its first event again behind the terminator',
          expect: mayGoOn ? 'either' : 'complete',
          play: (exchange) =>
            sendParts(exchange, parts, [...parts.events, ...parts.events.slice(0, 1)], 'whole'),
        }
      : undefined,
    'silent-before-first-event': {
      title: 'sends a head, and then nothing',
      expect: 'not-complete',
      async play(exchange) {
        await sendParts(exchange, parts, [], 'open');
        await exchange.closed;
      },
    },
    'silent-between-events': {
      title: 'sends some events, and then nothing',
      expect: 'not-complete',
      async play(exchange) {
        await sendParts(exchange, parts, before, 'open');
        await exchange.closed;
      },
    },
    'comments-only': isSse
      ? {
          title: 'sends some events, and then comments for ever',
          expect: 'not-complete',
          play: (exchange) => trickle(exchange, parts, ': ping\n\n', everyMs),
        }
      : undefined,
    'endless-no-progress':
      noProgress === undefined
        ? undefined
        : {
            title: 'sends some events, and then events without progress for ever',
            expect: 'not-complete',
            play: (exchange) => trickle(exchange, parts, noProgress, everyMs),
          },
    'error-event':
      error === undefined
        ? undefined
        : {
            title: 'sends an error as an event, and ends the body properly',
            expect: 'not-complete',
            play: (exchange) => sendParts(exchange, parts, [...before, error], 'whole'),
          },
    'error-event-then-terminator':
      error === undefined
        ? undefined
        : {
            title: 'sends an error as an event, and then the rest as if all were well',
            expect: 'not-complete',
            play: (exchange) => sendParts(exchange, parts, [...before, error, ...rest], 'whole'),
          },
    'malformed-event': {
      title: 'sends an event that cannot be read among the others',
      expect: 'either',
      play: (exchange) =>
        sendParts(exchange, parts, [...before, parts.malformed, ...rest], 'whole'),
    },
    'oversize-line': {
      title: 'sends some events, and then a line that never ends',
      expect: 'not-complete',
      async play(exchange) {
        await sendParts(exchange, parts, [...before, isSse ? 'data: "' : '"'], 'open');
        await exchange.flood(Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`));
      },
    },
    'oversize-event': isSse
      ? {
          title: 'sends some events, and then one of lines that never end',
          expect: 'not-complete',
          async play(exchange) {
            await sendParts(exchange, parts, before, 'open');
            const lines = `data: ${'x'.repeat(1017)}\n`.repeat(64);
            await exchange.flood(Buffer.from(`${lines.length.toString(16)}\r\n${lines}\r\n`));
          },
        }
      : undefined,
    'more-than-a-slow-reader-takes': isSse
      ? {
          title: 'sends 8 MiB of comments between two events: read it slowly',
          expect: 'complete',
          play: (exchange) =>
            sendParts(exchange, parts, [...before, ...padding(), ...rest], 'whole'),
        }
      : undefined,
  };
}

function* padding(): Generator<string> {
  const comment = `: ${'x'.repeat(64 * 1024)}\n\n`;
  for (let count = 0; count < 128; count++) yield comment;
}

async function trickle(
  exchange: FaultExchange,
  parts: StreamParts,
  text: string,
  everyMs: number,
): Promise<void> {
  await sendParts(exchange, parts, parts.before, 'open');
  const frame = `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  await exchange.trickle(everyMs, () => frame);
}
