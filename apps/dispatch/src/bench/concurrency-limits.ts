// Shows what the number of rows in flight is worth: the rows of the sample, on upstreams that do not
// stumble, at limits from 1 to 100, or at those that are given: `npm run bench:concurrency -- 10 20`.
import { parallel } from 'linkspan';
import { Clients } from '../delivery/clients.ts';
import { Dispatcher } from '../delivery/dispatcher.ts';
import { parseInput } from '../input/read-input.ts';
import { rowKinds } from '../input/row.ts';
import { makeReport } from '../report/report.ts';
import { sampleText } from '../sample/sample-rows.ts';
import { Rehearsal } from '../upstreams/rehearsal.ts';

const rows = parseInput('the sample', Buffer.from(sampleText()));
const settings = {
  retries: 0,
  retryBaseMs: 0,
  budgetWaitMs: 10,
  totalMs: 60_000,
  firstEventMs: 10_000,
  eventIdleMs: 10_000,
  mayResend: false,
};
const given = process.argv.slice(2).map(Number);
const limits = given.length === 0 ? [1, 5, 10, 20, 50, 100] : given;

process.stdout.write('limit   rows/s   chat p50/p95 ms\n');
const rehearsal = await Rehearsal.start({ kinds: rowKinds });
for (const concurrency of limits) {
  const clients = new Clients(rehearsal.endpoints, {
    connections: concurrency,
    answerMs: settings.firstEventMs,
    checkEveryMs: Infinity,
    requestsPerMinute: undefined,
    tokensPerMinute: undefined,
    circuit: { rule: { consecutive: 5 }, openMs: 10_000 },
    retriesPerSecond: 3,
    fallbackModel: undefined,
  });
  const dispatcher = new Dispatcher(clients, settings);
  const startedAt = performance.now();
  // oxlint-disable-next-line no-await-in-loop -- one limit at a time, so that they can be compared
  const answers = await parallel(rows, (row, { signal }) => dispatcher.dispatch(row, signal), {
    concurrency,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  // oxlint-disable-next-line no-await-in-loop -- as above
  await clients[Symbol.asyncDispose]();
  const chat = makeReport(rows.length, answers).upstreams.find(({ kind }) => kind === 'chat');
  const times = `${Math.round(chat?.durationMs.p50 ?? 0)}/${Math.round(chat?.durationMs.p95 ?? 0)}`;
  const rate = (rows.length / seconds).toFixed(1);
  process.stdout.write(
    `${String(concurrency).padStart(5)}  ${rate.padStart(7)}  ${times.padStart(15)}\n`,
  );
}
await rehearsal[Symbol.asyncDispose]();
