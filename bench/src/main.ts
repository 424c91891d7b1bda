// Runs one question, or all of them: `npm run bench -- http`. Only ratios within one run mean
// anything; see the README beside this folder.
import { parseArgs } from 'node:util';
import { batch } from './batch.ts';
import { http } from './http.ts';
import { httpMemory } from './http-memory.ts';
import { httpPairs } from './http-pairs.ts';
import { importWeight } from './import-weight.ts';
import { policy } from './policy.ts';
import type { Question } from './question.ts';
import { sdkFetch } from './sdk-fetch.ts';
import { sdkTransport } from './sdk-transport.ts';
import { sseDecode } from './sse-decode.ts';
import { sseStream } from './sse-stream.ts';
import { taskGroup } from './task-group.ts';
import { webSocket } from './web-socket.ts';

const questions: Readonly<Record<string, Question>> = {
  http,
  'http-pairs': httpPairs,
  'http-memory': httpMemory,
  'sse-decode': sseDecode,
  'sse-stream': sseStream,
  'sdk-fetch': sdkFetch,
  'sdk-transport': sdkTransport,
  batch,
  'task-group': taskGroup,
  policy,
  'web-socket': webSocket,
  import: importWeight,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { brief: { type: 'boolean', default: false }, only: { type: 'string', multiple: true } },
});
const unknown = positionals.filter((name) => questions[name] === undefined);
if (unknown.length > 0) {
  console.error(
    `No question is called ${unknown.join(', ')}. There are: ${Object.keys(questions).join(', ')}`,
  );
  process.exit(2);
}
const asked = positionals.length > 0 ? positionals : Object.keys(questions);
for (const name of asked) {
  const question = questions[name] as Question;
  console.log(`\n== ${name}: ${question.asks}`);
  await question.run({ brief: values.brief, only: values.only && new Set(values.only) });
}
