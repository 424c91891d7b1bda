import { describe, expect, it } from 'vitest';
import {
  offerSession,
  readSubprotocol,
  selectSubprotocol,
} from '../../src/session/session-subprotocol.ts';

describe('the subprotocol of a session', () => {
  it('is offered with each of the application, and these as they are where plain will do', () => {
    expect(offerSession([], false)).toEqual(['linkspan.session.v1']);
    expect(offerSession(['a', 'b'], false)).toEqual([
      'linkspan.session.v1+a',
      'linkspan.session.v1+b',
    ]);
    expect(offerSession(['a'], true)).toEqual(['linkspan.session.v1+a', 'a']);
  });

  it('is read back into what it says', () => {
    expect(readSubprotocol('linkspan.session.v1')).toEqual({ isSession: true, subprotocol: '' });
    expect(readSubprotocol('linkspan.session.v1+a')).toEqual({ isSession: true, subprotocol: 'a' });
    expect(readSubprotocol('linkspan.session.v10')).toEqual({
      isSession: false,
      subprotocol: 'linkspan.session.v10',
    });
    expect(readSubprotocol('')).toEqual({ isSession: false, subprotocol: '' });
  });

  it.each([
    [['linkspan.session.v1'], [], false, 'linkspan.session.v1'],
    [['linkspan.session.v1+a', 'linkspan.session.v1+b'], ['b'], false, 'linkspan.session.v1+b'],
    [['a', 'linkspan.session.v1+a'], ['a'], true, 'linkspan.session.v1+a'],
    [['a'], ['a'], true, 'a'],
    [['a'], ['a'], false, false],
    [['linkspan.session.v1'], ['a'], false, false],
    [['linkspan.session.v1+x'], [], false, false],
  ])('of %j with %j is %4$s', (offered, known, orPlain, agreed) => {
    expect(selectSubprotocol(new Set(offered), known, orPlain)).toBe(agreed);
  });
});
