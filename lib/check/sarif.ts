import { pathToFileURL } from 'node:url';

import { type ClauseId, clauseUrl } from '../clause.ts';
import type { Report } from './report.ts';

/** The rule of a problem that no clause is about. */
const ownRule = 'configuration';

/**
 * A report for code scanning: a rule a clause, a result a problem; what is held is a result of kind `pass`.
 *
 * @see [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html)
 */
export function asSarif({ clauses, problems }: Report, version: string): object {
  const locationOf = (file: string, line: number, column = 1) => [
    {
      physicalLocation: {
        artifactLocation: { uri: pathToFileURL(file).href },
        region: { startLine: Math.max(line, 1), startColumn: Math.max(column, 1) },
      },
    },
  ];
  const failures = problems.map(({ file, line, column, key, text, clause }) => ({
    ruleId: clause ?? ownRule,
    kind: 'fail',
    level: 'error',
    message: { text: `${key}: ${text}` },
    locations: locationOf(file, line, column),
  }));
  const kinds = { held: 'pass', tightened: 'pass', not_applicable: 'notApplicable' } as const;
  const passes = clauses.flatMap(({ clause, status, by, setting, why }) =>
    status === 'violated'
      ? []
      : [
          {
            ruleId: clause,
            kind: kinds[status],
            level: 'none',
            message: { text: why ?? `${status} by ${by}` },
            ...(setting && setting.line > 0 && { locations: locationOf(setting.file, setting.line) }),
          },
        ],
  );
  const rules = [
    { id: ownRule, shortDescription: { text: 'the configuration file says what the server understands' } },
    ...clauses.map(({ clause, text, url }) => ({ id: clause, shortDescription: { text }, helpUri: url })),
  ];
  const known = new Set(rules.map(({ id }) => id));
  const others = [...new Set(failures.map(({ ruleId }) => ruleId))].filter((id) => !known.has(id));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'oidc-provider-fapi',
            version,
            rules: [...rules, ...others.map((id) => ({ id, helpUri: clauseUrl(id as ClauseId) }))],
          },
        },
        results: [...failures, ...passes],
      },
    ],
  };
}
