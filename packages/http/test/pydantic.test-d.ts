import type { EventStreamPromise } from '@linkspan/core';
import type { AgUiEvent, AgUiResult, VercelUiPart, VercelUiResult } from '@linkspan/dialects';
import { type AgentSession, PydanticAgentClient } from '@linkspan/http/pydantic';
import { expectTypeOf } from 'vitest';

const vercel = new PydanticAgentClient({ dialect: 'vercel' });
expectTypeOf(vercel.runStream('')).toEqualTypeOf<
  EventStreamPromise<VercelUiPart, VercelUiResult>
>();
expectTypeOf(vercel.session()).toEqualTypeOf<AgentSession<'vercel'>>();

const agUi = new PydanticAgentClient({ dialect: 'ag-ui' });
expectTypeOf(agUi.runStream('')).toEqualTypeOf<EventStreamPromise<AgUiEvent, AgUiResult>>();
expectTypeOf(agUi.session().runStream('')).toEqualTypeOf<
  EventStreamPromise<AgUiEvent, AgUiResult>
>();

const synapse = new PydanticAgentClient();
for await (const piece of synapse.runStream('')) expectTypeOf(piece).toEqualTypeOf<string>();
expectTypeOf(synapse.session()).toEqualTypeOf<AgentSession>();

const ndjson = new PydanticAgentClient({ dialect: 'ndjson' });
expectTypeOf(ndjson.runStream('').result()).resolves.toEqualTypeOf<unknown>();
// @ts-expect-error nobody knows what its lines mean, so nobody can go on from them
ndjson.session();
