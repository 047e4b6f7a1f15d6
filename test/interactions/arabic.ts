import { en, type Messages } from '../../lib/interactions/messages/en.ts';

const letters = 'ابتثجحخدذرزسشصضطظعغفقكلمنه';

/** English in Arabic letters, one for one: written from right to left, as long as the English, and complete by itself. */
const written = (text: string): string =>
  text.replaceAll(/\{\w+\}|[a-z]/gi, (part) =>
    part.startsWith('{') ? part : `${letters[part.toLowerCase().charCodeAt(0) - 97]}`,
  );

const all = (messages: object): object =>
  Object.fromEntries(
    Object.entries(messages).map(([key, text]) => [key, typeof text === 'string' ? written(text) : all(text)]),
  );

/** A language a deployment adds, written from right to left. */
export const ar = all(en) as Messages;
