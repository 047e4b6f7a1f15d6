import { z } from 'zod';

import { cbuae } from './cbuae.ts';
import { connectidAu } from './connectid_au.ts';
import { consumerdatarightAu } from './consumerdataright_au.ts';
import { fapi2MessageSigning, messageSigningSettings } from './fapi2_message_signing.ts';
import { fapi2SecurityProfile, profileSettings } from './fapi2_security_profile.ts';
import { ksa } from './ksa.ts';
import { openbankingBrazil } from './openbanking_brazil.ts';
import { openbankingUk } from './openbanking_uk.ts';

/** Every profile, by the name a configuration file and the command line know it by. */
export const profiles = {
  'fapi2-security-profile': fapi2SecurityProfile,
  'fapi2-message-signing': fapi2MessageSigning,
  cbuae,
  ksa,
  'connectid-au': connectidAu,
  'consumerdataright-au': consumerdatarightAu,
  'openbanking-brazil': openbankingBrazil,
  'openbanking-uk': openbankingUk,
} as const;

export const profileNames = Object.keys(profiles) as (keyof typeof profiles)[];

/** Profiles of FAPI 2.0 itself, whose clients follow no further rules. */
export const plainProfiles = ['fapi2-security-profile', 'fapi2-message-signing'] as const satisfies typeof profileNames;

/** Settings of every profile, and which one is held. */
export const settings = z.strictObject({
  profile: z
    .enum(profileNames)
    .default('fapi2-security-profile')
    .describe('the profile the server holds: FAPI 2.0 itself, or an ecosystem on top of it'),
  message_signing: messageSigningSettings
    .optional()
    .describe('the parts of FAPI 2.0 Message Signing that are claimed; all three when left out'),
  ...profileSettings.shape,
});
