// What keeps calls from harming their peer, and a peer from harming its callers: the limits that a
// service tells, the failure that an answer is, and layers that obey both. Each works alone, over
// every transport, and needs nothing of Node.
export {
  type BucketName,
  type FailedAnswer,
  type LimitedAnswer,
  type RateLimitBucket,
  type RateLimitReading,
  readRateLimit,
  statusError as classifyResponse,
} from '@linkspan/core';
