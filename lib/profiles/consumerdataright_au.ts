import { specification } from '../clause.ts';
import { accessTokenLifetime } from '../fapi/ecosystems/access_token_lifetime.ts';
import { apiVersion } from '../fapi/ecosystems/api_version.ts';
import { arrangementRevocation } from '../fapi/ecosystems/arrangement_revocation.ts';
import { arrangements } from '../fapi/ecosystems/arrangements.ts';
import { clientCertificate } from '../fapi/ecosystems/client_certificate.ts';
import { encryptedIdTokens } from '../fapi/ecosystems/encrypted_id_tokens.ts';
import { levelsOfAssurance } from '../fapi/ecosystems/levels_of_assurance.ts';
import { onlyPairwise } from '../fapi/ecosystems/only_pairwise.ts';
import { onlyPrivateKeyJwt } from '../fapi/ecosystems/only_private_key_jwt.ts';
import type { Profile } from '../profile.ts';
import { fapi2MessageSigning } from './fapi2_message_signing.ts';
import type { ProfileSettings } from './fapi2_security_profile.ts';

specification('CDR-', 'https://consumerdatastandardsaustralia.github.io/standards/#');

const minute = 60;

/** The level that one factor reaches; a deployment with more says so by `acr`. */
const singleFactor = { 'urn:cds.au:cdr:2': ['pwd'] };

/**
 * The Consumer Data Right, Australia, on FAPI 2.0: arrangements in which a person shares data for a while.
 * Its security profile is written on FAPI 1.0; the clauses here are those that FAPI 2.0 leaves room for, by the names of the
 * sections.
 *
 * @param settings as `fapi2SecurityProfile()` takes them; what the ecosystem forbids is refused.
 * @example
 * const profile = consumerdatarightAu({ mtls: { url: 'https://mtls.as.example.com', authorities: [pem] } });
 * @see [Consumer Data Standards, Security Profile](https://consumerdatastandardsaustralia.github.io/standards/#security-profile)
 */
export function consumerdatarightAu(settings: ProfileSettings = {}): Profile {
  const { acr: levels = singleFactor } = settings;
  return {
    name: 'Consumer Data Right',
    mechanisms: [
      ...fapi2MessageSigning({ ...settings, acr: levels, message_signing: { signed_request_object: true } }).mechanisms,
      onlyPrivateKeyJwt('CDR-client-authentication'),
      clientCertificate('CDR-transport-security', settings.mtls),
      accessTokenLifetime('CDR-access-token', { least: 2 * minute, most: 10 * minute }),
      onlyPairwise(
        { id: 'CDR-identifiers-and-subject-types', text: 'the sub is a pairwise pseudonymous identifier' },
        settings.subject,
      ),
      levelsOfAssurance(
        {
          id: 'CDR-levels-of-assurance-loas',
          text: 'data is shared where at least urn:cds.au:cdr:2 was reached, which is told as acr',
        },
        levels,
        /^urn:cds\.au:cdr:[234]$/,
      ),
      encryptedIdTokens(
        { id: 'CDR-tokens', text: 'ID Tokens are signed and encrypted' },
        { id: 'CDR-id-token', text: 'ID Tokens must not contain any personal information claims' },
      ),
      arrangements({
        duration: {
          id: 'CDR-requesting-sharing-duration',
          text: 'sharing_duration is a number of seconds, at most a year; 0 or none shares once, without a refresh token, and a negative one fails',
        },
        existing: {
          id: 'CDR-specifying-an-existing-arrangement',
          text: 'a consent may go on with an arrangement of the client and the person, whose tokens end then; any other is rejected',
        },
        expiry: {
          id: 'CDR-refresh-token',
          text: 'a refresh token is not rotated, and expires when the sharing ends',
        },
        introspection: {
          id: 'CDR-introspection-endpoint',
          text: 'refresh tokens can be asked about, with exp, scope and cdr_arrangement_id, and no other tokens',
        },
      }),
      arrangementRevocation({
        id: 'CDR-cdr-arrangement-revocation-end-point',
        text: 'a client revokes an arrangement of its own, with its tokens; any other answers 422',
      }),
      apiVersion(
        { id: 'CDR-http-headers', text: 'a resource is asked for with x-v, and answers with the version it is in' },
        settings.sample_resource,
        [1],
      ),
    ],
  };
}
