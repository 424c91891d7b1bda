import type { Usage } from '@linkspan/core';
import type { FinishReason } from './finish-reason.ts';

/**
 * What happens in the stream of a model. Pieces of text, thought and refusal join to the whole; those
 * of tool calls belong together by `index`. `usage` tells the whole so far and may come more than
 * once, also behind `finish`.
 */
export type ChatEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'refusal'; readonly text: string }
  | {
      readonly type: 'tool-call';
      /** Which call it is: 0 for the first. */
      readonly index: number;
      /** With the first piece of a call; `''` where the provider gave none. */
      readonly id?: string;
      /** With the first piece of a call. */
      readonly name?: string;
      /** A piece of the arguments, which are JSON when they are complete. */
      readonly arguments: string;
    }
  | { readonly type: 'usage'; readonly usage: Usage }
  | {
      readonly type: 'finish';
      readonly finishReason: FinishReason;
      /** The same in the provider's own word. */
      readonly providerReason: string;
    };
