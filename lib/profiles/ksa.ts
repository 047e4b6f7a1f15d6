import { specification } from '../clause.ts';
import { clientCertificate } from '../fapi/ecosystems/client_certificate.ts';
import { consents } from '../fapi/ecosystems/consents.ts';
import { ksaConsents, ksaNames } from '../fapi/ecosystems/ksa_consents.ts';
import { onlyPs256 } from '../fapi/ecosystems/only_ps256.ts';
import type { Profile } from '../profile.ts';
import { fapi2MessageSigning } from './fapi2_message_signing.ts';
import type { ProfileSettings } from './fapi2_security_profile.ts';

// SAMA gives its security profile to participants alone. What is public of it is what the conformance suite asks for.
const source =
  'https://gitlab.com/openid/conformance-suite/-/blob/release-v5.2.4/src/main/java/net/openid/conformance/fapi2spfinal/KsaProfileBehavior.java';
specification('KSAOB-', source);

/**
 * Open Banking of the Kingdom of Saudi Arabia, accounts: consents by signed requests, named in the scope. Its specification
 * is not public: the clauses have ids and words of our own, for what the conformance suite asks.
 *
 * @param settings as `fapi2SecurityProfile()` takes them; what the ecosystem forbids is refused.
 * @example
 * const profile = ksa({ mtls: { url: 'https://mtls.as.example.com', authorities: [pem] } });
 * @see [SAMA, Open Banking](https://www.sama.gov.sa/en-US/OpenBanking/Pages/default.aspx)
 */
export function ksa(settings: ProfileSettings = {}): Profile {
  return {
    name: 'KSA Open Banking',
    mechanisms: [
      ...fapi2MessageSigning({ ...settings, message_signing: { signed_request_object: true } }).mechanisms,
      onlyPs256('KSAOB-PS256'),
      clientCertificate('KSAOB-MTLS', settings.mtls),
      consents(
        {
          named: {
            id: 'KSAOB-CONSENT-NAMED',
            text: 'the scope names one consent of the client’s, by accounts:<ConsentId>',
          },
          given: {
            id: 'KSAOB-CONSENT-PERSON',
            text: 'a consent is given once, by the person whose national identification number it names',
          },
          lasting: {
            id: 'KSAOB-CONSENT-LASTING',
            text: 'tokens are issued for a consent that is authorised, and end with it',
          },
          api: ksaConsents,
          names: ksaNames,
        },
        settings.mtls,
      ),
    ],
  };
}
