import { specification } from '../clause.ts';
import { clientCertificate } from '../fapi/ecosystems/client_certificate.ts';
import { detailsRequired } from '../fapi/ecosystems/details_required.ts';
import { onlyPs256 } from '../fapi/ecosystems/only_ps256.ts';
import type { Profile } from '../profile.ts';
import { fapi2MessageSigning } from './fapi2_message_signing.ts';
import type { ProfileSettings } from './fapi2_security_profile.ts';

specification('OFUAE-', 'https://openfinanceuae.atlassian.net/wiki/pages/viewpage.action?pageId=98336842');

/**
 * Open Finance of the Central Bank of the UAE: consents are rich authorization requests, in signed request objects.
 *
 * @see [Open Finance UAE, Security Profile - FAPI](https://openfinanceuae.atlassian.net/wiki/pages/viewpage.action?pageId=98336842)
 */
export function cbuae(settings: ProfileSettings = {}): Profile {
  return {
    name: 'CBUAE Open Finance',
    mechanisms: [
      ...fapi2MessageSigning({ ...settings, message_signing: { signed_request_object: true } }).mechanisms,
      onlyPs256('OFUAE-2.3-1'),
      clientCertificate('OFUAE-2.3-2', settings.mtls),
      detailsRequired('OFUAE-2.4'),
    ],
  };
}
