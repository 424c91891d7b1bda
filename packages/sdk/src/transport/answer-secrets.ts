import type { Body } from '@linkspan/core';

/**
 * The credentials of the request behind an answer, which its peer may repeat and no error may show.
 * Beside the answer, and not in it: what prints an answer does not print them.
 */
export const secretsOfAnswer: WeakMap<Body, readonly string[]> = new WeakMap();
