import { describe } from 'vitest';
import { rejection } from '../transport-call.ts';
import { compareWithPlatform, failure, post, type Probe } from './against-platform.ts';

/** Probes of failures and aborts. */
const failures: Readonly<Record<string, Probe>> = {
  'nobody listens': async (fetch) => await failure(fetch('http://127.0.0.1:1/')),
  'no answer': async (fetch, origin) => await failure(fetch(`${origin}/no-answer`, post('x'))),
  'a body that is cut before its length': async (fetch, origin) =>
    await failure((await fetch(`${origin}/cut-length`)).text()),
  'a body that is cut between chunks': async (fetch, origin) =>
    await failure((await fetch(`${origin}/cut-chunks`)).arrayBuffer()),
  'a stream that is cut': async (fetch, origin) => {
    const parts: string[] = [];
    const read = async (): Promise<void> => {
      const response = await fetch(`${origin}/cut-chunks`);
      for await (const chunk of response.body!) parts.push(Buffer.from(chunk).toString());
    };
    return [await failure(read()), parts];
  },
  'a signal that has aborted': async (fetch, origin) =>
    await failure(fetch(origin, { signal: AbortSignal.abort() })),
  'a reason': async (fetch, origin) =>
    await rejection(fetch(origin, { signal: AbortSignal.abort('enough') })),
  'a signal of the Request': async (fetch, origin) =>
    await rejection(fetch(new Request(origin, { signal: AbortSignal.abort('enough') }))),
  'an abort while the body is read': async (fetch, origin) => {
    const controller = new AbortController();
    const response = await fetch(`${origin}/silent`, { signal: controller.signal });
    const reader = response.body!.getReader();
    await reader.read();
    const next = rejection(reader.read());
    controller.abort('enough');
    return [await next, await rejection(reader.read()), await rejection(reader.closed)];
  },
  'an abort while the body is collected': async (fetch, origin) => {
    const controller = new AbortController();
    const response = await fetch(`${origin}/silent`, { signal: controller.signal });
    const text = failure(response.text());
    controller.abort();
    return await text;
  },
  'a signal that is null': async (fetch, origin) =>
    (await fetch(`${origin}/empty`, { signal: null })).status,
};

describe('createFetch() fails as the fetch of the platform fails', () => {
  compareWithPlatform(failures);
});
