import { type Figure, judged, median, reached, short } from './figure.ts';

const WIDTH = 860;
const LABEL = 380;
const BAR = 300;
const ROW = 34;
const TOP = 56;

/**
 * Every ratio with a goal as a bar, the goal as a line across it. Colours follow the reader's light or dark, as
 * GitHub shows a picture in both.
 */
export function plot(figures: readonly Figure[], caption: string): string {
  const shown = figures.filter(({ against, goal }) => against !== undefined && goal !== undefined);
  const longest = Math.max(1.5, ...shown.map((figure) => Math.max(median(judged(figure)), figure.goal?.limit ?? 0)));
  const scale = BAR / Math.min(longest, 2.5);
  const height = TOP + shown.length * ROW + 34;
  const one = LABEL + scale;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(caption)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .quiet { fill: #59636e; font-size: 12px } .title { font-weight: 600; font-size: 15px }
.reached { fill: #1a7f37 } .missed { fill: #bc4c00 } .goal { stroke: #1f2328; stroke-width: 2 } .one { stroke: #59636e; stroke-dasharray: 3 3 } .spread { stroke: #1f2328; stroke-opacity: .55 }
@media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .quiet { fill: #9198a1 } .reached { fill: #3fb950 } .missed { fill: #db6d28 } .goal, .spread { stroke: #f0f6fc } .one { stroke: #9198a1 } }
</style>
<text class="title" x="16" y="24">Against the bare core on its in-memory store, in the same run</text>
<text class="quiet" x="16" y="43">bar: median ratio, whisker: spread, thick line: goal, dashed: equal</text>
<line class="one" x1="${one}" x2="${one}" y1="${TOP}" y2="${height - 34}"/>
${shown.map((figure, index) => bar(figure, TOP + index * ROW, scale)).join('\n')}
<text class="quiet" x="16" y="${height - 10}">${escaped(caption)}</text>
</svg>
`;
}

function bar(figure: Figure, y: number, scale: number): string {
  const ratios = judged(figure);
  const at = (ratio: number) => LABEL + Math.min(BAR, ratio * scale);
  const value = median(ratios);
  const [low, high, goal] = [at(Math.min(...ratios)), at(Math.max(...ratios)), at(figure.goal?.limit ?? 0)];
  const middle = y + ROW / 2;
  return `<text x="${LABEL - 10}" y="${middle + 4}" text-anchor="end">${escaped(figure.name)}</text>
<rect class="${reached(figure) ? 'reached' : 'missed'}" x="${LABEL}" y="${y + 7}" width="${at(value) - LABEL}" height="${ROW - 14}" rx="2"/>
<line class="spread" x1="${low}" x2="${high}" y1="${middle}" y2="${middle}"/>
<line class="goal" x1="${goal}" x2="${goal}" y1="${y + 3}" y2="${y + ROW - 3}"/>
<text x="${LABEL + BAR + 16}" y="${middle + 4}">${short(value)} <tspan class="quiet">(goal ${figure.goal?.sense === '>=' ? '≥' : '≤'} ${figure.goal?.limit})</tspan></text>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}
