import { metadataProbes } from './metadata_probes.ts';
import type { Probe } from './probe.ts';
import { wireProbes } from './wire_probes.ts';

/** Rules that need no client. */
export const probes: readonly Probe[] = [...metadataProbes, ...wireProbes];
