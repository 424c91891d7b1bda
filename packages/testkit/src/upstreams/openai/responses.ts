import { type Answer, jsonAnswer, sseEvent, type StreamAnswer } from '../answer.ts';
import type { ProviderFault } from '../fault.ts';
import { fieldsOf } from '../json-body.ts';
import type { CompleteReply } from '../model/complete-reply.ts';
import { Timeline } from '../timeline.ts';
import type { UpstreamContext, UpstreamRequest } from '../upstream.ts';
import { openaiHeaders } from './openai-errors.ts';
import { planResponse, type PlannedResponse, type ResponseEvent } from './response-events.ts';

interface StoredResponse {
  readonly planned: PlannedResponse;
  readonly timeline: Timeline;
  isCancelled: boolean;
}

/**
 * The responses of one server. One that was made with `store` not `false` can be fetched, as it is
 * or as a stream from any of its events on, and one that runs in the background can be cancelled: its
 * stream ends then without a terminal event.
 */
export class Responses {
  readonly #context: UpstreamContext;
  readonly #stored = new Map<string, StoredResponse>();

  constructor(context: UpstreamContext) {
    this.#context = context;
  }

  /** `POST /responses` */
  create(request: UpstreamRequest, reply: CompleteReply): Answer {
    const body = fieldsOf(request.body);
    const { clock, mint } = this.#context;
    const planned = planResponse(body, reply, this.#context);
    const timeline = new Timeline(planned.events.map(written), reply.pace, clock);
    const stored = { planned, timeline, isCancelled: false };
    if (body['store'] !== false) this.#stored.set(planned.id, stored);
    if (body['stream'] === true) return this.#stream(stored, 0);
    const headers = openaiHeaders(mint);
    if (body['background'] === true) return jsonAnswer(200, planned.snapshot('queued'), headers);
    return jsonAnswer(200, this.#final(planned), headers, reply.pace.firstEventMs);
  }

  /** What is below `/responses/<id>`: the response, its stream, and its cancellation. */
  find({ method, route, query }: UpstreamRequest): Answer | ProviderFault {
    const [, id = '', verb] = /^\/responses\/([^/]+)(?:\/(.*))?$/.exec(route) ?? [];
    const stored = this.#stored.get(id);
    if (stored === undefined) {
      return { status: 404, message: `Response with id '${id}' not found.` };
    }
    if (method === 'POST' && verb === 'cancel') return this.#cancel(stored);
    if (method !== 'GET' || verb !== undefined) {
      return { status: 404, message: `Invalid URL (${method} ${route})` };
    }
    if (query['stream'] !== 'true') {
      return jsonAnswer(200, this.#now(stored), openaiHeaders(this.#context.mint));
    }
    const after = query['starting_after'];
    return this.#stream(stored, after === undefined ? 0 : Number(after) + 1);
  }

  #stream({ planned, timeline }: StoredResponse, from: number): StreamAnswer {
    const headers = openaiHeaders(this.#context.mint);
    return {
      kind: 'stream',
      headers: { 'content-type': 'text/event-stream; charset=utf-8', ...headers },
      timeline,
      from,
      ending: planned.ending,
      failure: (index) => planned.failure(index).map(written),
    };
  }

  #cancel(stored: StoredResponse): Answer | ProviderFault {
    const { planned, timeline } = stored;
    if (fieldsOf(planned.snapshot('queued'))['background'] !== true) {
      return { status: 400, message: 'Cannot cancel a synchronous response.' };
    }
    if (timeline.passed < timeline.length) {
      stored.isCancelled = true;
      timeline.end([]);
    }
    return jsonAnswer(200, this.#now(stored), openaiHeaders(this.#context.mint));
  }

  #now({ planned, timeline, isCancelled }: StoredResponse): object {
    if (isCancelled) return planned.snapshot('cancelled');
    if (timeline.passed === timeline.length) return this.#final(planned);
    return planned.snapshot(timeline.passed === 0 ? 'queued' : 'in_progress');
  }

  #final({ events }: PlannedResponse): object {
    return fieldsOf(events.at(-1)?.['response']);
  }
}

function written(event: ResponseEvent): string {
  return sseEvent(event, event.type);
}
