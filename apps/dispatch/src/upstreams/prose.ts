import { seededRandom } from './random.ts';

const openings = ['In short', 'As far as the log shows', 'By the harbour rules', 'On balance'];
const subjects = ['the ferry', 'the linkspan', 'the night crossing', 'the tide table', 'the queue'];
const verbs = ['waits for', 'lines up with', 'leaves before', 'is loaded after', 'depends on'];
const objects = ['the second ramp', 'high water', 'the last lorry', 'the pilot’s word', 'berth 4'];
const endings = [
  'and nobody is left behind.',
  'whatever the weather.',
  'as planned.',
  'every time.',
];

/** An answer to a question: the same for the same question, between one and four sentences. */
export function composeAnswer(question: string): string {
  const random = seededRandom(question);
  const pick = (words: readonly string[]): string =>
    words[Math.floor(random() * words.length)] as string;
  const sentences = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) => {
    const sentence = `${pick(subjects)} ${pick(verbs)} ${pick(objects)}, ${pick(endings)}`;
    return index === 0 ? `${pick(openings)}, ${sentence}` : capitalize(sentence);
  });
  return sentences.join(' ');
}

/** The text in pieces as models stream them; joined they are the text. */
export function splitTokens(text: string): string[] {
  return text.match(/\s*\S{1,6}/gu) ?? [];
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
