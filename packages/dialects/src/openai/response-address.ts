/** Where a response is, or the collection that responses are made in. */
interface ResponseAddress {
  /** The path, or the whole address up to there: `/v1/responses`. */
  readonly collection: string;
  /** Of the response that is addressed; `undefined` for the collection itself. */
  readonly id: string | undefined;
  /** Without those parameters that are about one stream. */
  readonly query: readonly string[];
}

/** Ids become part of a path: one that a path would be read differently for is none. */
const ID = /^\w[\w.:-]{0,255}$/;

/** Reads the target of a request, absolute or relative. `undefined` when it is about no response. */
export function readResponseAddress(target: string): ResponseAddress | undefined {
  const [, path = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(target) ?? [];
  const steps = path.split('/');
  if (steps.at(-1) === '') steps.pop();
  const id = steps.at(-1) === 'responses' ? undefined : steps.pop();
  if (steps.at(-1) !== 'responses' || (id !== undefined && !ID.test(id))) return undefined;
  const kept = query.split('&').filter((part) => !/^(?:(?:stream|starting_after)=|$)/.test(part));
  return { collection: steps.join('/'), id, query: kept };
}

/** The target of a request to one response, whose id may be anything that a peer sent. */
export function responseTarget(
  { collection, query }: ResponseAddress,
  id: string,
  path: string,
  asked: readonly string[],
): string | undefined {
  if (!ID.test(id)) return undefined;
  const all = [...query, ...asked].join('&');
  return `${collection}/${id}${path}${all === '' ? '' : `?${all}`}`;
}
