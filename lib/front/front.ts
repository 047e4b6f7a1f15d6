import type { Context } from 'koa';

import { type Choose, type Language, languages } from '../interactions/language.ts';
import { nameOf, type PagesOptions } from '../interactions/pages.ts';

/** Values that every page outside an interaction is made with. */
export interface Front {
  readonly issuer: string;
  readonly name: string;
  /** The language a person reads. */
  readonly choose: Choose;
  /** The same among those we ship. */
  readonly chooseShipped: Choose;
  readonly english: Language;
}

/** A context of a browser that asks for no language, so that the texts are English. */
const anyBrowser = { acceptsLanguages: () => false } as Context;

export function front(issuer: string, pages: PagesOptions): Front {
  const chooseShipped = languages();
  return {
    issuer,
    name: nameOf(issuer, pages),
    choose: languages(pages.messages),
    chooseShipped,
    english: chooseShipped(anyBrowser),
  };
}
