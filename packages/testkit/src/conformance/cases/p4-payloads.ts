import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Payload } from '@linkspan/core';
import { assertSame } from '../assert-same.ts';
import { assertBytes, concat, pattern, split, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import { Source } from '../source.ts';
import type { Trial } from '../trial.ts';

async function echo(trial: Trial, payload: Payload): Promise<Uint8Array> {
  const { body } = await trial.head({ kind: 'echo' }, { payload });
  return await trial.read(body);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Promise 4, on the way out: the peer gets the whole payload, as it was given. */
export const p4Payloads: readonly ConformanceCase[] = defineCases(4, [
  {
    id: 'no-payload',
    title: 'sends a request without a payload as one that has none',
    async run(trial) {
      const { body } = await trial.head({ kind: 'echo' });
      assertSame((await trial.read(body)).length, 0, 'Expected the peer to get no bytes');
    },
  },
  {
    id: 'bytes-payload',
    title: 'sends bytes as they are: none, few, and part of a larger buffer',
    async run(trial) {
      const whole = pattern(5000);
      for (const bytes of [new Uint8Array(0), text('ü'), whole, whole.subarray(1000, 3000)]) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        assertBytes(await echo(trial, { kind: 'bytes', bytes }), bytes, 'the echo');
      }
    },
  },
  {
    id: 'value-payload',
    title: 'sends a value as JSON',
    async run(trial) {
      const value = { text: 'Grüße 🚢', list: [1, null, true, -0.5], nested: { empty: '' } };
      const echoed = await echo(trial, { kind: 'value', value });
      const json = new TextDecoder().decode(echoed);
      assert.ok(
        isDeepStrictEqual(parsed(json), value),
        `Expected the value as JSON, found ${json}`,
      );
    },
  },
  {
    id: 'large-payload',
    title: 'sends 4 MiB to the byte',
    async run(trial) {
      const bytes = pattern(4 * 1024 * 1024);
      assertBytes(await echo(trial, { kind: 'bytes', bytes }), bytes, 'the echo');
    },
  },
  {
    id: 'factory-payload',
    title: 'opens a factory once for a call, and sends the chunks in their order',
    needs: ['upload'],
    async run(trial) {
      const bytes = pattern(300_000);
      const source = new Source({ chunks: split(bytes, 7000) });
      assertBytes(await echo(trial, source.factory), bytes, 'the echo');
      assertSame(source.opened, 1, 'Expected the factory to be opened once');
      assert.ok(source.isReleased, 'Expected the payload to be read to its end');
    },
  },
  {
    id: 'async-factory-payload',
    title: 'waits for a factory that opens its stream later, and sends the length it knows',
    needs: ['upload'],
    async run(trial) {
      const bytes = pattern(3000);
      const source = new Source({ chunks: split(bytes, 1000) });
      const open = async (): Promise<Source> => {
        await trial.pass(5);
        return source;
      };
      const payload = { kind: 'factory', open, byteLength: bytes.length } as const;
      assertBytes(await echo(trial, payload), bytes, 'the echo');
    },
  },
  {
    id: 'stream-payload',
    title: 'reads a stream once, to its end, and sends it in its order',
    needs: ['upload'],
    async run(trial) {
      const bytes = pattern(300_000);
      const source = new Source({ chunks: split(bytes, 7000) });
      assertBytes(await echo(trial, source.stream), bytes, 'the echo');
      assertSame(source.opened, 1, 'Expected the stream to be read once');
    },
  },
  {
    id: 'empty-stream-payload',
    title: 'sends a stream without chunks, and one with empty chunks',
    needs: ['upload'],
    async run(trial) {
      const none = new Source({ chunks: [] });
      assertSame(
        (await echo(trial, none.stream)).length,
        0,
        'Expected no bytes of an empty stream',
      );
      const chunks = [
        new Uint8Array(0),
        text('a'),
        new Uint8Array(0),
        text('b'),
        new Uint8Array(0),
      ];
      const source = new Source({ chunks });
      assertBytes(await echo(trial, source.stream), concat(chunks), 'the echo');
    },
  },
  {
    id: 'stream-is-never-sent-twice',
    title: 'does not read a stream a second time when the wire breaks',
    needs: ['upload'],
    async run(trial) {
      const source = new Source({ chunks: [pattern(100)] });
      await trial.callFailure(trial.send({ kind: 'drop' }, { payload: source.stream }));
      await trial.pass(20);
      assert.ok(source.opened <= 1, `Expected the stream to be read once, found ${source.opened}`);
      assert.ok(trial.peer.requests <= 1, 'Expected a request with a stream to be sent once');
    },
  },
  {
    id: 'broken-payload-is-no-payload',
    title: 'never lets the peer take a payload that broke off for a whole one',
    needs: ['upload'],
    async run(trial) {
      for (const chunks of [[], [pattern(1000)], split(pattern(300_000), 7000)]) {
        const source = new Source({ chunks, failure: new Error('Disk gone') });
        // An echo would be the proof that the peer saw a whole payload.
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        await trial.callFailure(
          trial.send({ kind: 'echo' }, { payload: source.factory }),
          `a call whose payload broke off after ${concat(chunks).length} bytes`,
        );
      }
      await trial.freed('when their payloads broke off');
    },
  },
]);
