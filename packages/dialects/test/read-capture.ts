import { existsSync, readFileSync } from 'node:fs';

const folder = new URL('../../../../shared/wire-samples/captures/', import.meta.url);

/** Whether the recorded exchanges lie beside the checkout. */
export const hasCaptures: boolean = existsSync(folder);

/** A recorded answer. */
export interface Capture {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Reads a recorded answer. Its body is written without the framing of its transfer. */
export function readCapture(name: string): Capture {
  const bytes = readFileSync(new URL(`${name}.http`, folder));
  const headEnd = bytes.indexOf('\r\n\r\n');
  const [statusLine = '', ...fields] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const headers = fields.map((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: new Uint8Array(bytes.subarray(headEnd + 4)),
  };
}
