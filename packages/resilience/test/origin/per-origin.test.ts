import { originBudgets } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';

const to = (target: string) => ({ operation: 'GET', target });

/** Which of the targets share a budget with the first: those it is used up for. */
function sharing(baseUrl: string | undefined, first: string, others: readonly string[]): string[] {
  const budgets = originBudgets({ baseUrl, ratio: 0, minPerSecond: 0.1 });
  budgets.take(to(first));
  return others.filter((target) => !budgets.take(to(target)));
}

describe('originBudgets()', () => {
  it('has one budget for each origin, whatever the path and however it is written', () => {
    expect(
      sharing(undefined, 'https://api.example.com/a', [
        'https://API.example.com:443?b',
        'https://user:secret@api.example.com#c',
        'http://api.example.com/a',
        'https://api.example.com:8443/a',
        'https://example.com/https://api.example.com/',
        '/a',
      ]),
    ).toEqual(['https://API.example.com:443?b', 'https://user:secret@api.example.com#c']);
  });

  it('counts paths for the base URL', () => {
    expect(
      sharing('https://api.example.com/v1', '/a', ['b', 'https://api.example.com/x', 'http://b']),
    ).toEqual(['b', 'https://api.example.com/x']);
  });

  it('counts targets that are no URLs for the one peer', () => {
    expect(sharing(undefined, 'model-a', ['model-b', 'http://', ''])).toEqual([
      'model-b',
      'http://',
      '',
    ]);
  });

  it('forgets the first of many origins, and keeps the others', () => {
    const budgets = originBudgets({ ratio: 0, minPerSecond: 0.1 });
    const origin = (number: number): string => `https://h${number}.example.com`;
    for (let number = 0; number <= 1000; number += 1) budgets.at(origin(number)).take();

    expect(budgets.take(to(origin(1000)))).toBe(false);
    expect(budgets.take(to(origin(1)))).toBe(false);
    expect(budgets.at(origin(0))).not.toBe(budgets.at(origin(1)));
  });
});
