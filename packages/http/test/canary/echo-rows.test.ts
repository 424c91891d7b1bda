import { faultServer, type FaultServer } from '@linkspan/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callWithCanaries, type Reader, setups } from './canary-client.ts';
import { leaksIn, looks, makeCanaries, makeKey, marksOf } from './canaries.ts';
import { echoAnswers, echoes } from './echoes.ts';
import { checkWithCanaries, fetchWithCanaries, recordWithCanaries } from './other-ways.ts';
import { type PrintWatch, watchPrints } from './prints.ts';
import { type RewritingProxy, startRewritingProxy } from './rewriting-proxy.ts';

let server: FaultServer;
let proxy: RewritingProxy;
let watch: PrintWatch;

beforeAll(async () => {
  watch = watchPrints();
  server = await faultServer();
  proxy = await startRewritingProxy();
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server.close();
  watch.stop();
});

const rows = Object.keys(echoAnswers).flatMap((answer) =>
  Object.keys(echoes).map((echo) => [answer, echo] as const),
);
const otherWays = [checkWithCanaries, fetchWithCanaries, recordWithCanaries];
const openKey = makeKey();
const secrets = looks.map((look) => {
  const canaries = makeCanaries(look);
  const keys = [openKey, makeKey(canaries.tlsKey)] as const;
  return { canaries, keys, marks: marksOf(canaries, keys) };
});

describe('secrets of ten kinds', () => {
  it.each(rows)('are in no print where the peer repeats them: in %s, %s', async (answer, echo) => {
    const { play, readBy } = echoAnswers[answer]!;
    const row = rows.findIndex(([one, other]) => one === answer && other === echo);
    const url = server.script(async (exchange) => {
      await exchange.request.complete;
      await play(exchange, echoes[echo]!(exchange.request));
    });
    const calls = secrets.map(async ({ canaries, keys, marks }, turn) => {
      const anyReader = (['json', 'openaiChat', 'rawSse'] as const)[(row + turn) % 3]!;
      const reader: Reader = readBy === 'any' ? anyReader : readBy;
      const { error, prints } = await callWithCanaries({
        url,
        setup: setups[(row + Math.floor(row / 6) + turn) % setups.length]!,
        reader,
        canaries,
        keys,
        authority: server.tls.authority,
        proxyPort: proxy.port,
      });
      return { error, leaks: leaksIn(prints, marks) };
    });

    for (const { error, leaks } of await Promise.all(calls)) {
      expect(error).toBeInstanceOf(Error);
      expect(leaks).toEqual([]);
    }
    expect(server.requests(url).length).toBeGreaterThanOrEqual(calls.length);
  });

  it.each(rows)(
    'are in no check, fetch or cassette of what repeats them: in %s, %s',
    async (answer, echo) => {
      const { play, readBy } = echoAnswers[answer]!;
      const row = rows.findIndex(([one, other]) => one === answer && other === echo);
      const url = server.script(async (exchange) => {
        const { method, complete } = exchange.request;
        await complete;
        // Checks ask for the head alone: there is no body to repeat.
        const said = method === 'HEAD' ? '' : echoes[echo]!(exchange.request);
        await play(exchange, said);
      });
      const calls = otherWays.map(async (callBy, turn) => {
        const { canaries, keys, marks } = secrets[(row + turn) % secrets.length]!;
        const { prints } = await callBy({
          url,
          setup: setups[(Math.floor(row / 3) + turn) % setups.length]!,
          reader: readBy === 'any' ? 'json' : readBy,
          canaries,
          keys,
          authority: server.tls.authority,
          proxyPort: proxy.port,
        });
        expect(prints.length).toBeGreaterThan(0);
        return leaksIn(prints, marks);
      });

      expect((await Promise.all(calls)).flat()).toEqual([]);
      expect(server.requests(url).length).toBeGreaterThan(calls.length);
    },
  );

  it('are in nothing that was published, warned or printed meanwhile', () => {
    expect(watch.prints.length).toBeGreaterThan(rows.length);
    for (const { marks } of secrets) expect(leaksIn(watch.prints, marks)).toEqual([]);
  });
});
