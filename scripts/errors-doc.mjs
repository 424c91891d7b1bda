// Writes docs/errors.md from the source of the failures, so that the page cannot say what the code
// does not do. With --check it writes nothing, and fails when the page is stale.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const page = new URL('docs/errors.md', root);
const read = (path) => readFileSync(new URL(path, root), 'utf8');

const files = [
  'packages/core/src/errors/linkspan-error.ts',
  'packages/core/src/errors/local-errors.ts',
  'packages/core/src/errors/transport-error.ts',
  'packages/core/src/errors/status-error.ts',
  'packages/core/src/errors/rpc-error.ts',
];
const sources = globSync('packages/*/src/**/*.ts', { cwd: fileURLToPath(root) })
  .map((path) => path.replaceAll('\\', '/'))
  // The testkit plays the failures of others, and its own are for tests.
  .filter((path) => !files.includes(path) && !path.startsWith('packages/testkit/'))
  .map((path) => ({ path, text: read(path) }));

const DECLARATION =
  /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*export (?:abstract )?class (\w+) extends (\w+)/g;

/** What is said of a class above it, as one line. */
const meaning = (comment) =>
  comment
    .replaceAll(/^\s*\* ?/gm, '')
    .split(/\n\s*\n/)[0]
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\{@link (\w+)\}/g, '`$1`')
    .trim();

const classes = [];
for (const file of files) {
  const exported = await import(new URL(file, root));
  for (const [, comment, name, parent] of read(file).matchAll(DECLARATION)) {
    classes.push({ name, parent, meaning: meaning(comment), Class: exported[name] });
  }
}

/** The packages whose source makes such an error; those of a status are made by `statusError()`. */
function makers(name) {
  const made = new RegExp(
    `\\bnew ${name}\\(|^ +\\d{3}: ${name},$|return ${name};|[?:] ${name}\\b(?! *[,=)])`,
    'm',
  );
  const names = sources.filter(({ text }) => made.test(text)).map(({ path }) => path.split('/')[1]);
  return [...new Set(names)].toSorted();
}

const facts = { status: 500, clock: 'totalMs', limitMs: 1, elapsedMs: 1 };
function row({ name, Class, meaning: said }) {
  const depth = ancestors(name).length;
  const abstract = name === 'LinkspanError';
  const error = abstract ? undefined : new Class('x', facts);
  return [
    `${'&nbsp;&nbsp;'.repeat(depth)}\`${name}\``,
    error === undefined ? '' : `\`${error.kind}\``,
    error === undefined ? '' : `\`${error.code}\``,
    error?.retryable ?? '',
    error?.sent ?? '',
    abstract ? '' : makers(name).join(', '),
    said,
  ];
}

function ancestors(name) {
  const parent = classes.find((each) => each.name === name)?.parent;
  return parent === undefined || parent === 'Error' ? [] : [parent, ...ancestors(parent)];
}

/** The classes, each behind its parent, as a tree is read. */
function inOrder(parent) {
  return classes
    .filter((each) => each.parent === parent)
    .flatMap((each) => [each, ...inOrder(each.name)]);
}

function table(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((each) => each[column].length)),
  );
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const { statusError } = await import(new URL('packages/core/src/errors/status-to-error.ts', root));
const statuses = [
  400, 401, 402, 403, 404, 408, 409, 413, 422, 425, 429, 500, 501, 502, 503, 504, 529,
];
const statusRows = statuses.map((status) => {
  const error = statusError({ status });
  return [String(status), `\`${error.name}\``, `\`${error.code}\``, error.retryable];
});

const text = `<!-- Written by scripts/errors-doc.mjs from packages/core/src/errors: change those. -->

# Failures

Every call of Linkspan rejects with a \`LinkspanError\`, or with the reason of the caller's own signal, unchanged. All classes come from \`@linkspan/core\`; \`instanceof\` works for each of them, also when a program holds two copies of the package.

- \`kind\` is a closed union: a \`switch\` over it can be exhaustive. \`code\` is the finer name; a class may carry other codes than its own, shown below.
- \`retryable\` says whether another try may help: \`yes\`, \`no\`, or \`if-idempotent\`, for a request that may be done twice.
- \`sent\` says whether the request may have reached the peer: \`no\`, \`maybe\` or \`yes\`.
- Where somebody said how long to wait, \`retryAfterMs\` has it. \`attempts\`, \`phase\`, \`requestId\` and \`transport\` tell the rest.

What stands here for \`code\`, \`retryable\` and \`sent\` is the default of the class; a failure that knows better says so. "Made in" names the packages whose source makes the error.

${table(['class', 'kind', 'code', 'retryable', 'sent', 'made in', 'meaning'], inOrder('Error').map(row))}

\`NetworkError\` is another name for \`ConnectionError\`.

An \`RpcError\` has the number of the error as \`rpcCode\` and its name as \`code\`: \`parse_error\` -32700, \`invalid_request\` -32600, \`method_not_found\` -32601, \`invalid_params\` -32602, \`internal_error\` -32603, which alone is \`if-idempotent\`; \`rpc_error\` for all others. What the peer says beside the message is in \`data\`, and is not printed.

## By status

${table(['status', 'class', 'code', 'retryable'], statusRows)}

Any other status from 500 to 599 is a \`ServerError\`, any other a \`StatusError\`. Of an answer's headers and body:

- \`x-should-retry: true\` or \`false\` decides \`retryable\`, whatever the status.
- 429, 403 or 400 whose body says that the quota is used up (\`insufficient_quota\` and its like) is a \`QuotaExhaustedError\`: waiting does not cure it.
- 403 with \`Retry-After\`, with \`x-ratelimit-remaining: 0\`, or with a rate limit in its message, is a \`RateLimitError\`.
- 503 with \`Retry-After\` has done nothing, and may be sent again whatever its method. So has a 500 or 503 of the type \`overloaded_error\`, and a 498 with the code \`capacity_exceeded\`: an \`OverloadedError\` with the code \`overloaded\`.
- 400 with the code \`model_not_found\`, or the type \`invalid_model\`, is a \`NotFoundError\`; with the reason \`API_KEY_INVALID\` an \`AuthenticationError\`.
- 400, 403 or 422 of a content filter is an \`InvalidRequestError\` with the code \`content_filter\`.
- 520, 521, 523, 525 and 526 of Cloudflare are a \`BadGatewayError\`, 522 and 524 a \`GatewayTimeoutError\`.
- \`retryAfterMs\` comes from \`retry-after-ms\`, \`x-ms-retry-after-ms\`, \`Retry-After\` (seconds, or any date of RFC 9110), the latest reset of the limits that are used up, or the body, in this order.
- \`providerError\` has the service's own \`type\`, \`code\`, \`status\` and \`message\`.

## What is printed

Messages, \`toJSON()\` and what the console shows hold no secret: header values are shown for well-known harmless headers alone, URLs lose userinfo and the values of their query, and what looks like a credential is taken out of a peer's words. The \`cause\` is the lower library's own error, unchanged, for programs; it is printed as a summary of name, code and message. \`headers\`, \`body\` (at most 4 KiB) and \`providerError\` of a \`StatusError\` are there for programs, and are not printed.
`;

const relative = fileURLToPath(page).slice(fileURLToPath(root).length);
if (process.argv.includes('--check')) {
  let present = '';
  try {
    present = readFileSync(page, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  if (present !== text) {
    console.error(`${relative} is stale: run node scripts/errors-doc.mjs`);
    process.exit(1);
  }
} else {
  writeFileSync(page, text);
}
