import { specification } from '../clause.ts';
import { accessTokenLifetime } from '../fapi/ecosystems/access_token_lifetime.ts';
import { clientCertificate } from '../fapi/ecosystems/client_certificate.ts';
import { identityClaims } from '../fapi/ecosystems/identity_claims.ts';
import { onlyPairwise } from '../fapi/ecosystems/only_pairwise.ts';
import { onlyPs256 } from '../fapi/ecosystems/only_ps256.ts';
import { purpose } from '../fapi/ecosystems/purpose.ts';
import { requestObjectLifetime } from '../fapi/ecosystems/request_object_lifetime.ts';
import { verifiedClaims } from '../fapi/ecosystems/verified_claims.ts';
import type { Profile } from '../profile.ts';
import { fapi2MessageSigning } from './fapi2_message_signing.ts';
import type { ProfileSettings } from './fapi2_security_profile.ts';

const specifications = 'https://cdn.connectid.com.au/specifications';
specification('CID-SP-', `${specifications}/connectid-fapi-security-profile-03.html#section-`);
specification('CID-IDA-', `${specifications}/digitalid-identity-assurance-profile-06.html#section-`);
specification('CID-PURPOSE-', `${specifications}/oauth2-purpose-01.html#section-`);

const minute = 60;

const requestObjects = {
  lifetime: {
    rule: { id: 'CID-SP-4.2-10', text: 'the exp of a request object is at most 10 minutes after its nbf' },
    most: 10 * minute,
  },
  age: {
    rule: { id: 'CID-SP-4.2-11', text: 'the nbf of a request object is at most 15 minutes in the past' },
    most: 15 * minute,
  },
} as const;

/**
 * ConnectID, Australia: a person's identity, told by their bank in an ID Token, for a purpose they are shown.
 *
 * @param settings as `fapi2SecurityProfile()` takes them; what the ecosystem forbids is refused.
 * @example
 * const profile = connectidAu({ mtls: { url: 'https://mtls.as.example.com', authorities: [pem] } });
 * @see [ConnectID FAPI 2 Security Profile 1.0](https://cdn.connectid.com.au/specifications/connectid-fapi-security-profile-03.html)
 */
export function connectidAu(settings: ProfileSettings = {}): Profile {
  return {
    name: 'ConnectID',
    mechanisms: [
      ...fapi2MessageSigning({ ...settings, message_signing: { signed_request_object: true } }).mechanisms,
      onlyPs256('CID-SP-5'),
      clientCertificate('CID-SP-4.2-7', settings.mtls),
      accessTokenLifetime('CID-SP-4.2-2', { most: 10 * minute }),
      requestObjectLifetime(requestObjects, settings.request_object),
      onlyPairwise(
        { id: 'CID-IDA-5.1-4', text: 'subjects are pairwise: no two sectors know a person by the same' },
        settings.subject,
      ),
      purpose({
        id: 'CID-PURPOSE-3',
        text: 'purpose is human-readable text in any language, 3 to 300 characters, and is shown to the person; any other fails with invalid_request, invalid_purpose',
      }),
      identityClaims({
        parameter: { id: 'CID-IDA-5.1-1', text: 'identity claims are asked for by the claims parameter' },
        withoutAcr: { id: 'CID-IDA-5.1-2', text: 'ID Tokens tell no acr' },
        known: {
          id: 'CID-IDA-5.1-3',
          text: 'supports the identity claims of the scheme',
          names: ['given_name', 'middle_name', 'family_name', 'email', 'birthdate', 'phone_number', 'address'],
        },
        transaction: { id: 'CID-IDA-5.1-6', text: 'every ID Token has a txn, which the trail of the provider knows' },
      }),
      verifiedClaims({
        told: {
          id: 'CID-IDA-5.1-11',
          text: 'verified claims are those of the trust framework au_connectid, told as they were asked for, and none without evidence',
        },
        listed: { id: 'CID-IDA-5.3.3', text: 'the metadata list the verified claims that are supported' },
        framework: 'au_connectid',
        claims: [
          ...['over16', 'over18', 'over21', 'over25', 'over65'],
          ...['beneficiary_account_au', 'beneficiary_account_au_payid', 'beneficiary_account_international'],
        ],
      }),
    ],
  };
}
