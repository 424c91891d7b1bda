import { parseJson } from '@linkspan/core';
import type { WireMessage } from '../wire/inbox.ts';

/** How messages are read: see the option `messages`. */
export type MessageForm = 'auto' | 'json' | 'text';

/** What JSON can begin with (RFC 8259, section 2). Other text is not tried. */
const MAYBE_JSON = /^\s*["[{\d\-ntf]/;

/** What most JSON begins with. */
const OBJECT = 0x7b;
const ARRAY = 0x5b;

/** Reads messages of a form. What it throws is a DeserializationError. */
export const readMessage: Readonly<Record<MessageForm, (message: WireMessage) => unknown>> = {
  text: (message) => message,
  json: (message) => (typeof message === 'string' ? parseJson(message) : message),
  auto: (message) => {
    if (typeof message !== 'string') return message;
    const first = message.charCodeAt(0);
    const isObject = first === OBJECT || first === ARRAY;
    if (!isObject && !MAYBE_JSON.test(message)) return message;
    try {
      return parseJson(message);
    } catch {
      // It is text that only looks like JSON.
      return message;
    }
  },
};
