import { specification } from '../clause.ts';
import { authenticationContext } from '../fapi/ecosystems/authentication_context.ts';
import { clientCertificate } from '../fapi/ecosystems/client_certificate.ts';
import { consents } from '../fapi/ecosystems/consents.ts';
import { intentClaim } from '../fapi/ecosystems/intent_claim.ts';
import { onlyPs256 } from '../fapi/ecosystems/only_ps256.ts';
import { intentClaimName, ukConsents, ukNames } from '../fapi/ecosystems/uk_consents.ts';
import type { Profile } from '../profile.ts';
import { fapi2MessageSigning } from './fapi2_message_signing.ts';
import type { ProfileSettings } from './fapi2_security_profile.ts';

specification(
  'OBSP-',
  'https://openbanking.atlassian.net/wiki/spaces/DZ/pages/83919096/Open+Banking+Security+Profile+-+Implementer+s+Draft+v1.1.2',
);
specification(
  'OBRW-',
  'https://openbankinguk.github.io/read-write-api-site3/v3.1.10/resources-and-data-models/aisp/account-access-consents.html',
);

/** Customer authentication, and strong customer authentication: two of knowledge, possession and inherence. */
const levels = { 'urn:openbanking:psd2:ca': ['pwd'], 'urn:openbanking:psd2:sca': ['pwd', 'otp'] };

/**
 * Open Banking UK, data of accounts, on FAPI 2.0: consents that a claim of the request names.
 * Its security profile is written on FAPI 1.0; the clauses here are those that FAPI 2.0 leaves room for.
 *
 * @param settings as `fapi2SecurityProfile()` takes them; what the ecosystem forbids is refused.
 * @example
 * const profile = openbankingUk({ mtls: { url: 'https://mtls.as.example.com', authorities: [pem] } });
 * @see [Open Banking, Security Profile v1.1.2](https://openbanking.atlassian.net/wiki/spaces/DZ/pages/83919096/Open+Banking+Security+Profile+-+Implementer+s+Draft+v1.1.2)
 */
export function openbankingUk(settings: ProfileSettings = {}): Profile {
  return {
    name: 'Open Banking UK',
    mechanisms: [
      ...fapi2MessageSigning({
        ...settings,
        acr: settings.acr ?? levels,
        message_signing: { signed_request_object: true },
      }).mechanisms,
      onlyPs256('OBSP-4.2'),
      clientCertificate('OBSP-3.2', settings.mtls),
      authenticationContext({
        known: { id: 'OBSP-3.4-1', text: 'supports the acr urn:openbanking:psd2:sca and urn:openbanking:psd2:ca' },
        classes: Object.keys(levels),
        denied: {
          id: 'OBSP-3.4-2',
          text: 'access_denied where the person did not reach an acr the request insists on',
        },
      }),
      intentClaim(
        { id: 'OBSP-3.4-3', text: 'the ID Token tells openbanking_intent_id as the request asked for it' },
        intentClaimName,
      ),
      consents(
        {
          named: {
            id: 'OBSP-3.3',
            text: 'a request names by openbanking_intent_id one intent that its client has registered',
          },
          given: {
            id: 'OBRW-AISP-AUTHORISATION',
            text: 'the person authenticates and authorises the account-access-consent, once',
          },
          lasting: {
            id: 'OBRW-AISP-END',
            text: 'tokens end with the consent: at its ExpirationDateTime, or when it is deleted',
          },
          api: ukConsents,
          names: ukNames,
        },
        settings.mtls,
      ),
    ],
  };
}
