import type { Path } from './path.ts';

/** What core calls differently, by the start of its path; the longest start that fits counts. */
const names: readonly (readonly [core: Path, file: Path])[] = [
  [['clockTolerance'], ['clock_tolerance']],
  [['enabledJWA'], ['algorithms']],
  [['jwks'], ['keys', 'jwks']],
  [
    ['ttl', 'AuthorizationCode'],
    ['ttl', 'authorization_code'],
  ],
  [
    ['ttl', 'AccessToken'],
    ['ttl', 'access_token'],
  ],
  [
    ['ttl', 'ClientCredentials'],
    ['ttl', 'access_token'],
  ],
  [
    ['ttl', 'Interaction'],
    ['ttl', 'interaction'],
  ],
  [['features', 'mTLS'], ['mtls']],
  [['features', 'dPoP'], ['dpop']],
  [
    ['features', 'requestObjects'],
    ['message_signing', 'signed_request_object'],
  ],
  [
    ['features', 'jwtResponseModes'],
    ['message_signing', 'jarm'],
  ],
  [
    ['features', 'jwtIntrospection'],
    ['message_signing', 'signed_introspection'],
  ],
];

/** The path in the file of what a profile found wrong in core's configuration. */
export function filePath(path: Path): Path {
  const found = names.find(([core]) => core.every((step, index) => step === path[index]));
  if (!found) return path;
  const [core, file] = found;
  return [...file, ...path.slice(core.length)];
}
