import { escapeHtml } from '../http/escape_html.ts';
import { type ClauseReport, counts, type Report } from './report.ts';

const names = { held: 'held', tightened: 'tightened', not_applicable: 'not applicable', violated: 'violated' };

function row({ clause, text, url, status, by, setting, why }: ClauseReport): string {
  const where = setting && setting.line > 0 ? `${setting.key}, ${setting.file}:${setting.line}` : (why ?? '');
  return `<tr class="${status}"><th scope="row"><a href="${escapeHtml(url)}">${escapeHtml(clause)}</a></th>
<td>${names[status]}</td><td>${escapeHtml(by)}</td><td>${escapeHtml(text)}</td><td>${escapeHtml(where)}</td></tr>`;
}

const style = `body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #ccc;padding:.4rem;text-align:left;vertical-align:top}
.violated{background:#fde8e8}.tightened{background:#e8f4ea}.not_applicable{color:#555}@media print{a{color:inherit}}`;

/** A report as one page that needs nothing else, for an auditor's folder. */
export function asHtml(report: Report, made: Date): string {
  const { held, tightened, not_applicable, violated } = counts(report);
  const problems = report.problems.map(
    ({ file, line, column, key, text }) => `<li>${escapeHtml(`${file}:${line}:${column} ${key}: ${text}`)}</li>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(report.profile)}: ${escapeHtml(report.file)}</title><style>${style}</style></head>
<body><h1>${escapeHtml(report.profile)}</h1>
<p>${escapeHtml(report.issuer ?? 'no issuer')}, ${escapeHtml(report.file)}, ${made.toISOString()}</p>
<p>${held} clauses held, ${tightened} tightened, ${not_applicable} not applicable, ${violated} violated.</p>
${problems.length > 0 ? `<h2>What is wrong</h2><ul>${problems.join('\n')}</ul>` : ''}
<h2>Clause by clause</h2>
<table><thead><tr><th>clause</th><th>status</th><th>mechanism</th><th>words</th><th>where, or why</th></tr></thead>
<tbody>
${report.clauses.map(row).join('\n')}
</tbody></table></body></html>
`;
}
