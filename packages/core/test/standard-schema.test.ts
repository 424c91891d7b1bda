import { DeserializationError, validate } from '@linkspan/core';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';

const schema = z.object({ id: z.number(), tags: z.array(z.string()).default([]) });

describe('validate()', () => {
  it('gives what the schema makes of the value', async () => {
    const value = await validate(schema, { id: 1, more: true });

    expect(value).toEqual({ id: 1, tags: [] });
    expectTypeOf(value).toEqualTypeOf<{ id: number; tags: string[] }>();
  });

  it('waits for a schema that takes time', async () => {
    const slow = z.string().refine((text) => Promise.resolve(text !== 'no'));

    expect(await validate(slow, 'yes')).toBe('yes');
    await expect(validate(slow, 'no')).rejects.toThrow(DeserializationError);
  });

  it('tells where the value does not fit, without showing it', async () => {
    const error = await validate(schema, { id: 'canary', tags: ['a', 1] }, 'the answer').catch(
      (reason: unknown) => reason,
    );

    expect(error).toBeInstanceOf(DeserializationError);
    expect(error).toMatchObject({ kind: 'message', code: 'validation', retryable: 'no' });
    const { message } = error as Error;
    expect(message).toMatch(/^Cannot accept the answer: it does not fit the schema: \$\.id: /);
    expect(message).toContain('$.tags[1]: ');
    expect(message).not.toContain('canary');
  });

  it('tells the first issues of many', async () => {
    const many = z.object(
      Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`a${i}`, z.string()])),
    );

    await expect(validate(many, {})).rejects.toThrow(/\$\.a4: .*; and 4 more$/);
  });
});
