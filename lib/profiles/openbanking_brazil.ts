import { specification } from '../clause.ts';
import { accessTokenLifetime } from '../fapi/ecosystems/access_token_lifetime.ts';
import { authenticationContext } from '../fapi/ecosystems/authentication_context.ts';
import { brazilConsents, brazilNames } from '../fapi/ecosystems/brazil_consents.ts';
import { clientCertificate } from '../fapi/ecosystems/client_certificate.ts';
import { consents } from '../fapi/ecosystems/consents.ts';
import { essentialClaims } from '../fapi/ecosystems/essential_claims.ts';
import { onlyPs256 } from '../fapi/ecosystems/only_ps256.ts';
import type { Profile } from '../profile.ts';
import { fapi2MessageSigning } from './fapi2_message_signing.ts';
import type { ProfileSettings } from './fapi2_security_profile.ts';

specification('BRAZILOB-', 'https://openfinancebrasil.atlassian.net/wiki/spaces/OF/pages/245760001');

/** One factor, and several (section 5.2.2.3). */
const levels = { 'urn:brasil:openbanking:loa2': ['pwd'], 'urn:brasil:openbanking:loa3': ['pwd', 'otp'] };

/**
 * Open Finance Brasil, data of customers, on FAPI 2.0: consents that name a person, by the scope `consent:<consentId>`.
 * Its security profile is written on FAPI 1.0; the clauses here are those that FAPI 2.0 leaves room for, by the numbers the
 * conformance suite gives them.
 *
 * @param settings as `fapi2SecurityProfile()` takes them; what the ecosystem forbids is refused.
 * @example
 * const profile = openbankingBrazil({ mtls: { url: 'https://mtls.as.example.com', authorities: [pem] } });
 * @see [Open Finance Brasil, Financial-grade API Security Profile](https://openfinancebrasil.atlassian.net/wiki/spaces/OF/pages/245760001)
 */
export function openbankingBrazil(settings: ProfileSettings = {}): Profile {
  return {
    name: 'Open Finance Brasil',
    mechanisms: [
      ...fapi2MessageSigning({
        ...settings,
        acr: settings.acr ?? levels,
        message_signing: { signed_request_object: true },
      }).mechanisms,
      onlyPs256('BRAZILOB-6.1.1-1'),
      clientCertificate('BRAZILOB-5.2.2', settings.mtls),
      accessTokenLifetime('BRAZILOB-5.2.2-12', { least: 300, most: 900 }),
      authenticationContext({
        known: { id: 'BRAZILOB-5.2.2-5', text: 'supports the acr urn:brasil:openbanking:loa2, and should loa3' },
        classes: Object.keys(levels),
        told: { id: 'BRAZILOB-5.2.2-13', text: 'always includes an acr claim in the ID Token' },
      }),
      essentialClaims(
        {
          id: 'BRAZILOB-5.2.2-4',
          text: 'supports the claims parameter, with it the claims cpf and cnpj: an essential one that cannot be met is a failed authentication',
        },
        { cpf: /^\d{11}$/, cnpj: /^\d{14}$/ },
      ),
      consents(
        {
          named: { id: 'BRAZILOB-7.1.2', text: 'the scope names one consent by consent:<consentId>, a namespaced URN' },
          given: {
            id: 'BRAZILOB-7.2.2-8',
            text: 'access_denied where the person’s cpf, or cnpj, is another than the consent names',
          },
          lasting: {
            id: 'BRAZILOB-7.2.2-1',
            text: 'tokens are issued for a consent that is authorised, last as long, and are revoked with it',
          },
          api: brazilConsents,
          names: brazilNames,
        },
        settings.mtls,
      ),
    ],
  };
}
