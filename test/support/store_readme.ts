import { type Model, modelOf, models, modelsThat } from '../../lib/store/models.ts';
import { table } from './markdown.ts';

const yes = (is: boolean) => (is ? 'yes' : '');
const name = (model: string) => `\`${model}\``;

/** Each model of the store and what may happen to its rows, out of the table the store itself reads. */
export function modelRows(): string {
  const flags = ['taken back', 'may return', 'renewed', 'found by its'];
  const heading = ['model', 'spent as', 'of a grant', 'waits', 'decides later at', ...flags];
  const row = (model?: string) => {
    const { spent, ofGrant, waits, decidesLater, issued, returns, renewed, heldBy = {} } = modelOf(model ?? '');
    return [
      model ? name(model) : 'any other',
      spent,
      yes(ofGrant),
      yes(waits),
      decidesLater.map(name).join(', '),
      yes(issued),
      yes(returns),
      yes(renewed),
      Object.values(heldBy).map(name).join(', '),
    ];
  };
  return table(heading, [...models.map((model) => row(model)), row()]);
}

const lifetimes = [
  ['shortest', { interaction: 0, access_token: 0 }],
  ['with an `interaction` of 3600 s and an `access_token` of 7200 s', { interaction: 3600, access_token: 7200 }],
] as const;

/** How long rows stay after they have expired, and why. */
export function keptRows(): string {
  const reasons = new Map<Model['kept'], string[]>();
  for (const model of models) {
    const { kept } = modelOf(model);
    reasons.set(kept, [...(reasons.get(kept) ?? []), name(model)]);
  }
  const heading = ['rows of', ...lifetimes.map(([when]) => when), 'why'];
  const row = ([kept, of]: [Model['kept'], string[]]) => [
    of.length > 4 ? 'all others' : of.join(', '),
    ...lifetimes.map(([, own]) => `${kept.seconds(own)} s`),
    `${kept.why}${kept.clause ? ` [${kept.clause}]` : ''}`,
  ];
  return table(heading, [...reasons].toSorted(([, a], [, b]) => a.length - b.length).map(row));
}

/** The states of a row, as a Mermaid diagram. */
export function states(): string {
  const spentAs = (...ways: string[]) => modelsThat(({ spent }) => ways.includes(spent)).join(', ');
  return [
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> live: put',
    `  [*] --> spent: unique (${spentAs('jti')})`,
    '  live --> live: put',
    `  live --> spent: consume, by one (${spentAs('code', 'token')})`,
    `  live --> forgotten: consume, by one (${spentAs('request')})`,
    '  spent --> spent: put by who read it before',
    '  live --> destroyed: destroy, or its grant is revoked',
    '  spent --> destroyed: destroy, or its grant is revoked',
    '  destroyed --> destroyed: put by who read it before',
    `  destroyed --> live: put (${modelsThat(({ returns }) => returns).join(', ')})`,
    '  live --> [*]: purged, expired and kept long enough',
    '  spent --> [*]: purged, expired and kept long enough',
    '  forgotten --> [*]: purged, expired and kept long enough',
    '  destroyed --> [*]: purged, an hour later',
    '  forgotten: forgotten, only that it was spent is left',
    '```',
  ].join('\n');
}
