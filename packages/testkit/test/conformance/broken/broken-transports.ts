import { brokenAborts } from './aborts.ts';
import { brokenAnswers } from './answers.ts';
import { brokenBackpressure } from './backpressure.ts';
import { brokenClocks } from './clocks.ts';
import { brokenClosing } from './closing.ts';
import { brokenConversations } from './conversations.ts';
import { brokenDraining } from './draining.ts';
import { brokenFeeds } from './feeds.ts';
import { brokenLeaving } from './leaving.ts';
import { brokenNeighbours } from './neighbours.ts';
import { brokenPayloads } from './payloads.ts';
import { brokenRejections } from './rejections.ts';
import { brokenRemains } from './remains.ts';
import { brokenTruth } from './truth.ts';
import type { BrokenTransport } from './variation.ts';
import { brokenWholeness } from './wholeness.ts';

/** Every broken transport: a variation of the reference with one bug, and the case meant for it. */
export const brokenTransports: readonly BrokenTransport[] = [
  ...brokenRejections,
  ...brokenAborts,
  ...brokenClocks,
  ...brokenAnswers,
  ...brokenNeighbours,
  ...brokenLeaving,
  ...brokenWholeness,
  ...brokenFeeds,
  ...brokenPayloads,
  ...brokenBackpressure,
  ...brokenConversations,
  ...brokenClosing,
  ...brokenDraining,
  ...brokenRemains,
  ...brokenTruth,
];
