import type { SseEvent } from '@linkspan/dialects';

/**
 * The algorithm of the HTML standard, section 9.2.6, step by step on a whole text. It is slow and
 * plain: what the decoder is compared with.
 */
export function referenceSse(text: string): {
  events: SseEvent[];
  lastEventId: string;
  retryMs: number | undefined;
} {
  const events: SseEvent[] = [];
  let [type, data, id, lastEventId] = ['', '', '', ''];
  let retryMs: number | undefined;

  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  lines.pop(); // what no line end follows is discarded
  for (const line of lines) {
    if (line === '') {
      lastEventId = id;
      if (data !== '') {
        events.push({ type: type || 'message', data: data.slice(0, -1), id: lastEventId });
      }
      type = '';
      data = '';
      continue;
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? [];
    if (field === 'event') type = value;
    else if (field === 'data') data += `${value}\n`;
    else if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'retry' && /^[0-9]+$/.test(value)) retryMs = Number(value);
  }
  return { events, lastEventId, retryMs };
}
