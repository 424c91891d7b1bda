// What does a chat through the SDK transport cost beside the same SDK alone, on its default fetch
// (G7)? The same questions as of `createFetch()`, and here the body is read by our dialect.
import type { Question } from './question.ts';
import { compareSdks } from './sdk-fetch.ts';

export const sdkTransport: Question = {
  asks: 'chats through the SDK transport and through the SDKs alone (G7)',
  run: (options) => compareSdks(['SDK transport'], options),
};
