import type { Context } from 'koa';

import type { Administration } from './administration.ts';

/** Answers a request of somebody who may administer. */
export type Answer = (ctx: Context, desks: Administration, id: string) => Promise<void> | void;

/** Answers by path, then by method; `{id}` stands for a name in a path. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Answer>>>>;
