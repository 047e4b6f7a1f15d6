import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { expect } from 'chai';

import { unauthorized } from '../../lib/certificates/certification_path.ts';
import { revokedIn } from '../../lib/certificates/revocation.ts';
import { readRevocationList } from '../../lib/certificates/revocation_list.ts';

interface Suite {
  readonly tests: readonly {
    /** Section of the suite's document. */
    readonly test: string;
    readonly name: string;
    readonly certificate: string;
    readonly others: readonly string[];
    readonly lists: readonly string[];
    readonly valid: boolean;
  }[];
  readonly certificates: Readonly<Record<string, string>>;
  readonly lists: Readonly<Record<string, string>>;
}

const dsa = 'FAPI knows no DSA keys';
const signer = 'the list is signed by a key that is not of the path';
const relative = 'the list has a distribution point relative to its issuer, or names another issuer';
const indirect = 'indirect lists are out of scope';
const reasons = 'lists of some reasons only are out of scope';
const delta = 'delta lists are out of scope';

/** Where our verdict is another than the suite's, and why: always to refuse, but where only a delta list says that it is revoked. */
const other: Readonly<Record<string, string>> = {
  ...{ '4.1.4': dsa, '4.1.5': dsa, '4.4.19': signer, '4.5.4': signer, '4.5.6': signer },
  ...{ '4.14.4': relative, '4.14.5': relative, '4.14.7': relative, '4.14.18': reasons, '4.14.19': reasons },
  ...{ '4.14.22': indirect, '4.14.24': indirect, '4.14.25': indirect, '4.14.28': indirect, '4.14.29': indirect },
  ...{ '4.14.30': indirect, '4.14.33': indirect, '4.15.4': delta, '4.15.5': delta },
};

const file = new URL('pkits.json.gz', import.meta.url);
const suite = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Suite;
const der = (texts: Readonly<Record<string, string>>, name: string) => Buffer.from(texts[name] ?? '', 'base64');
const certificate = (name: string) => new X509Certificate(der(suite.certificates, name));

// The 33 tests with other settings of initial policies are left out: there are no such settings here.
/** Lists that are out of scope cannot be configured. */
function list(name: string) {
  try {
    return [readRevocationList(der(suite.lists, name))];
  } catch {
    return [];
  }
}

describe("NIST's Public Key Interoperability Test Suite, for a client certificate", () => {
  const anchors = [certificate('TrustAnchorRootCertificate')];
  const now = new Date('2022-05-01');
  for (const { test, name, valid, ...row } of suite.tests) {
    const why = other[test];
    it(`${test} ${name.replaceAll('_', ' ')}: ${valid ? 'valid' : 'invalid'}${why ? `, not so here: ${why}` : ''}`, () => {
      const lists = ['TrustAnchorRootCRL', ...row.lists].flatMap(list);
      const check = (path: readonly X509Certificate[]) => revokedIn(path, lists, anchors, now);
      const reason = unauthorized(certificate(row.certificate), row.others.map(certificate), anchors, { now, check });
      expect(reason === undefined, reason).to.equal(why ? !valid : valid);
    });
  }
});
