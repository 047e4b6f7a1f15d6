import { specification } from '../clause.ts';
import { accessTokenLifetime } from '../fapi/ecosystems/access_token_lifetime.ts';
import { clientCertificate } from '../fapi/ecosystems/client_certificate.ts';
import { detailsRequired } from '../fapi/ecosystems/details_required.ts';
import { onlyPrivateKeyJwt } from '../fapi/ecosystems/only_private_key_jwt.ts';
import { onlyPs256 } from '../fapi/ecosystems/only_ps256.ts';
import type { Profile } from '../profile.ts';
import { fapi2MessageSigning } from './fapi2_message_signing.ts';
import type { ProfileSettings } from './fapi2_security_profile.ts';

// The items of its section 2.1 have no numbers of their own; they are counted in the order of version 1.2.
const source =
  'https://openfinanceuae.atlassian.net/wiki/spaces/standardsv1dot2final/pages/277938258/Security+Profile+-+FAPI';
specification('OFUAE-', source);

/**
 * Open Finance of the Central Bank of the UAE: consents are rich authorization requests, in signed request objects.
 *
 * @param settings as `fapi2SecurityProfile()` takes them; what the ecosystem forbids is refused.
 * @example
 * const profile = cbuae({ mtls: { url: 'https://mtls.as.example.com', authorities: [pem] } });
 * @see [Open Finance UAE, Security Profile - FAPI, version 1.2](https://openfinanceuae.atlassian.net/wiki/spaces/standardsv1dot2final/pages/277938258/Security+Profile+-+FAPI)
 */
export function cbuae(settings: ProfileSettings = {}): Profile {
  return {
    name: 'CBUAE Open Finance',
    mechanisms: [
      ...fapi2MessageSigning({ ...settings, message_signing: { signed_request_object: true } }).mechanisms,
      onlyPs256('OFUAE-2.3'),
      clientCertificate('OFUAE-2.1-1', settings.mtls),
      accessTokenLifetime('OFUAE-2.1-2', { most: 600 }),
      onlyPrivateKeyJwt('OFUAE-2.1-3'),
      detailsRequired('OFUAE-2.1-6'),
    ],
  };
}
