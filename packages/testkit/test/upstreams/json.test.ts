import { ManualClock } from '@linkspan/concurrency';
import { describe, expect, it, vi } from 'vitest';
import { startUpstreams } from './start-upstreams.ts';

describe('upstreams.json', () => {
  it('gives its items one by one and in pages', async () => {
    const { json } = await startUpstreams();

    const item = await (await fetch(`${json.baseUrl}/items/7`)).json();
    const ids: number[] = [];
    for (let cursor: string | null = '1'; cursor !== null;) {
      // oxlint-disable-next-line no-await-in-loop -- each page names the next
      const answer = await fetch(`${json.baseUrl}/items?limit=40&cursor=${cursor}`);
      // oxlint-disable-next-line no-await-in-loop -- as above
      const page = (await answer.json()) as {
        readonly items: readonly { readonly id: number }[];
        readonly next_cursor: string | null;
      };
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    }

    expect(item).toEqual({ id: 7, name: 'Item 7' });
    expect(ids).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });

  it('tells what it was sent', async () => {
    const { json } = await startUpstreams();

    const echo = await fetch(`${json.baseUrl}/orders?rush=yes`, {
      method: 'PUT',
      headers: { 'x-order': '7' },
      body: '{"berth":4}',
    });

    expect(await echo.json()).toMatchObject({
      method: 'PUT',
      path: '/orders',
      query: { rush: 'yes' },
      headers: { 'x-order': '7' },
      body: { berth: 4 },
    });
  });

  it('refuses with problem details', async () => {
    const { json } = await startUpstreams();

    const missing = await fetch(`${json.baseUrl}/items/101`);
    const asked = await fetch(`${json.baseUrl}/status/422`);

    expect(missing.headers.get('content-type')).toBe('application/problem+json');
    expect(await missing.json()).toMatchObject({ status: 404, detail: 'No item 101' });
    expect(asked.status).toBe(422);
  });

  it('takes as long as the request says', async () => {
    const clock = new ManualClock();
    const { json, requests } = await startUpstreams({ clock });
    const asked = fetch(`${json.baseUrl}/items/1?delay_ms=5000`);
    await vi.waitUntil(() => clock.pendingTimers > 0);

    await clock.advance(4999);
    expect(requests[0]?.state).toBe('open');
    await clock.advance(1);

    expect((await asked).status).toBe(200);
  });

  it('asks the functions of the author first', async () => {
    const { json } = await startUpstreams();
    json.reply(({ route }) =>
      route === '/berths' ? { status: 201, headers: { etag: '"1"' }, body: [4] } : undefined,
    );

    const berths = await fetch(`${json.baseUrl}/berths`);
    const item = await fetch(`${json.baseUrl}/items/1`);

    expect([berths.status, berths.headers.get('etag'), await berths.json()]).toEqual([
      201,
      '"1"',
      [4],
    ]);
    expect(item.status).toBe(200);
  });
});
