import { StreamIncompleteError } from '@linkspan/core';
import { PydanticAgentClient } from '@linkspan/http/pydantic';
import { describe, expect, it } from 'vitest';
import { agUiEvents, startAgentServer, uiParts } from './agent-server.ts';

describe('AgentSession', () => {
  it('E32 keeps what was said in the messages of the AI SDK', async () => {
    let turns = 0;
    const server = await startAgentServer(() => uiParts(`answer ${(turns += 1)}`));
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'vercel' });
    const session = agents.session();

    await session.runStream('one').result();
    await session.run('two');
    const last = await session.runStream({ prompt: 'three', messageId: 'u3' }).result();

    expect(last.text).toBe('answer 3');
    expect(session.history).toHaveLength(6);
    expect(session.history.map((message) => (message as { role: string }).role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
    expect(session.history[4]).toMatchObject({ id: 'u3', parts: [{ text: 'three' }] });
    expect(server.asked[2]?.body['messages']).toEqual(session.history.slice(0, 5));
    expect(new Set(server.asked.map(({ body }) => body['id']))).toEqual(
      new Set([session.threadId]),
    );
  });

  it('E32 keeps what was said in the messages of AG-UI', async () => {
    let turns = 0;
    const server = await startAgentServer(({ body }) => agUiEvents(body, `answer ${(turns += 1)}`));
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'ag-ui' });
    const session = agents.session({ threadId: 'thread-1' });

    await session.runStream('one').result();
    await session.run('two');
    await session.runStream('three').result();

    expect(session.history[1]).toEqual({
      id: 'assistant-1',
      role: 'assistant',
      content: 'answer 1',
    });
    expect(server.asked[2]?.body['messages']).toEqual(session.history.slice(0, 5));
    expect(server.asked.map(({ body }) => body['threadId'])).toEqual([
      'thread-1',
      'thread-1',
      'thread-1',
    ]);
    expect(new Set(server.asked.map(({ body }) => body['runId'])).size).toBe(3);
  });

  it('goes on from the history and thread of an earlier one', async () => {
    const server = await startAgentServer(({ body }) => agUiEvents(body, 'Hello'));
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'ag-ui' });
    const first = agents.session();
    await first.run('one');

    const { history, threadId } = first;
    await agents.session({ history, threadId }).run('two');

    expect(server.asked[1]?.body).toMatchObject({ threadId: first.threadId });
    expect(server.asked[1]?.body['messages']).toHaveLength(3);
  });

  it('forgets a turn that was cut in any dialect, and goes on', async () => {
    let isCut = true;
    const server = await startAgentServer(() => {
      const parts = isCut ? uiParts('half').slice(0, 4) : uiParts('whole');
      isCut = false;
      return parts;
    });
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'vercel' });
    const session = agents.session();

    await expect(session.runStream('one').result()).rejects.toBeInstanceOf(StreamIncompleteError);
    const afterCut = session.history.length;
    await session.runStream('two').result();

    expect([afterCut, session.history.length]).toEqual([0, 2]);
  });
});
