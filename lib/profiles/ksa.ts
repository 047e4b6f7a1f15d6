import { specification } from '../clause.ts';
import { clientCertificate } from '../fapi/ecosystems/client_certificate.ts';
import { consents } from '../fapi/ecosystems/consents.ts';
import { ksaConsents, ksaNames } from '../fapi/ecosystems/ksa_consents.ts';
import { onlyPs256 } from '../fapi/ecosystems/only_ps256.ts';
import type { Profile } from '../profile.ts';
import { fapi2MessageSigning } from './fapi2_message_signing.ts';
import type { ProfileSettings } from './fapi2_security_profile.ts';

specification('KSAOB-', 'https://www.sama.gov.sa/en-US/OpenBanking/Pages/default.aspx');

/**
 * Open Banking of the Kingdom of Saudi Arabia, accounts: consents by signed requests, named in the scope.
 *
 * @see [SAMA, Open Banking](https://www.sama.gov.sa/en-US/OpenBanking/Pages/default.aspx)
 */
export function ksa(settings: ProfileSettings = {}): Profile {
  return {
    name: 'KSA Open Banking',
    mechanisms: [
      ...fapi2MessageSigning({ ...settings, message_signing: { signed_request_object: true } }).mechanisms,
      onlyPs256('KSAOB-SECURITY-PS256'),
      clientCertificate('KSAOB-SECURITY-MTLS', settings.mtls),
      consents(
        {
          lifecycle: {
            id: 'KSAOB-ACCOUNTS-LIFECYCLE',
            text: 'a consent is its client’s, is given once by the person it names, and ends with its grant and tokens',
          },
          api: ksaConsents,
          names: ksaNames,
        },
        settings.mtls,
      ),
    ],
  };
}
