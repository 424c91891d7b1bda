import { statusError } from '@linkspan/core';
import { classifyResponse } from '@linkspan/resilience';
import { expect, it } from 'vitest';

it('classifies an answer as the client does', () => {
  expect(classifyResponse).toBe(statusError);
});
