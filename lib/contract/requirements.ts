import { expiring } from './expiring.ts';
import { removing } from './removing.ts';
import type { Requirement } from './requirement.ts';
import { spending } from './spending.ts';
import { storing } from './storing.ts';

/** Requirements on models of core, in the order in which they are worth knowing. */
export const requirements: readonly Requirement[] = [...storing, ...expiring, ...spending, ...removing];
