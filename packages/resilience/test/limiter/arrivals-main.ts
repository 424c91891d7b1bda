// Offers ten million arrivals, or as many as are asked for, to limiters of several sizes, and prints
// what was let go. It fails when any minute was over a limit.
//
//   node scripts/dev.mjs node --conditions=@linkspan/source packages/resilience/test/limiter/arrivals-main.ts
import { arrive, type Limits } from './arrivals.ts';

const total = Number(process.argv[2] ?? 10_000_000);
const sizes: readonly Limits[] = [
  { requestsPerMinute: 7, inputTokensPerMinute: 1000, burst: 3 },
  { requestsPerMinute: 60, inputTokensPerMinute: 90_000, burst: 60 },
  { requestsPerMinute: 600, burst: 10 },
  { requestsPerMinute: 10_000, burst: 1000 },
];
for (const [index, limits] of sizes.entries()) {
  const count = Math.ceil(total / sizes.length);
  const { violations, granted, share } = arrive(count, limits, index + 1);
  console.log(
    `${limits.requestsPerMinute} a minute: ${count} arrivals, ${granted} let go, ${(100 * share).toFixed(1)} % of the limit, ${violations.length} minutes over it`,
  );
  if (violations.length > 0) {
    console.error(violations.slice(0, 5).join('\n'));
    process.exitCode = 1;
  }
}
