import { type ClauseReport, counts, type Report } from './report.ts';

const words = { held: 'held by', tightened: 'tightened by', not_applicable: 'not applicable:', violated: 'VIOLATED' };

function told({ status, by, setting, why }: ClauseReport): string {
  if (status === 'not_applicable') return `${words[status]} ${why}`;
  if (status === 'violated') return `${words[status]} ${why}`;
  const where = setting && setting.line > 0 ? ` (${setting.key}, line ${setting.line})` : '';
  return `${words[status]} ${by}${where}`;
}

/** A report for a terminal: a clause a line, then the verdict. */
export function asText(report: Report): string {
  const widest = Math.max(...report.clauses.map(({ clause }) => clause.length));
  const lines = report.clauses.map((each) => `${each.clause.padEnd(widest)}  ${told(each)}  ${each.text}`);
  const { held, tightened, not_applicable, violated } = counts(report);
  const verdict = violated + report.problems.length > 0 ? 'NOT ok' : 'ok';
  const numbers = `${held} clauses held, ${tightened} tightened, ${not_applicable} not applicable, ${violated} violated`;
  const subject = report.issuer ? `${report.issuer} is inside ${report.profile}` : report.profile;
  return [...lines, `${report.file}: ${verdict}: ${subject} (${numbers})`].join('\n');
}
