import { type Figure, judged, median, reached, short } from './figure.ts';
import { coreOnNaive } from './subjects.ts';

const WIDTH = 860;
const LABEL = 350;
const BAR = 330;
const ROW = 44;
const TOP = 62;
const FOOT = 36;
/** What is farther out is drawn here, and its number says where it is. */
const FARTHEST = 2.5;

/**
 * Every ratio with a goal as a bar, the goal as a line across it. Colours follow the reader's light or dark, as
 * GitHub shows a picture in both.
 */
export function plot(figures: readonly Figure[], caption: string): string {
  const shown = figures.filter((figure) => figure.goal !== undefined && measure(figure) !== undefined);
  const height = TOP + shown.length * ROW + FOOT;
  const one = x(1);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(caption)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .quiet { fill: #59636e; font-size: 11.5px } .title { font-weight: 600; font-size: 15px }
.reached { fill: #1a7f37 } .missed { fill: #bc4c00 } .goal { stroke: #1f2328; stroke-width: 2.5 } .one { stroke: #59636e; stroke-dasharray: 3 3 }
.spread { stroke: #1f2328; stroke-opacity: .6 } .naive { fill: #fff; stroke: #59636e; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .quiet { fill: #9198a1 } .reached { fill: #3fb950 } .missed { fill: #db6d28 } .goal, .spread { stroke: #f0f6fc } .one { stroke: #9198a1 } .naive { fill: #0d1117; stroke: #9198a1 } }
</style>
<text class="title" x="16" y="24">What durable, sealed and spent once costs</text>
<text class="quiet" x="16" y="44">bar: ours in proportion to what stands below its name; thin line: spread; thick line: goal; circle: ${escaped(coreOnNaive)}</text>
<line class="one" x1="${one}" x2="${one}" y1="${TOP}" y2="${height - FOOT}"/>
${shown.map((figure, index) => bar(figure, TOP + index * ROW)).join('\n')}
<text class="quiet" x="16" y="${height - 12}">${escaped(caption)}</text>
</svg>
`;
}

/** What a ratio is a ratio of; other figures are no bars beside one another. */
function measure({ against, unit }: Figure): string | undefined {
  return against === undefined ? (unit.startsWith('x ') ? unit : undefined) : `x ${against}`;
}

function x(ratio: number): number {
  return Math.round(LABEL + (Math.min(FARTHEST, ratio) / FARTHEST) * BAR);
}

function bar(figure: Figure, y: number): string {
  const ratios = judged(figure);
  const value = median(ratios);
  const [low, high, goal] = [x(Math.min(...ratios)), x(Math.max(...ratios)), x(figure.goal?.limit ?? 0)];
  const middle = y + ROW / 2;
  return `<text x="${LABEL - 12}" y="${middle - 2}" text-anchor="end">${escaped(figure.name)}</text>
<text class="quiet" x="${LABEL - 12}" y="${middle + 13}" text-anchor="end">${escaped(measure(figure) ?? '')}</text>
<rect class="${reached(figure) ? 'reached' : 'missed'}" x="${LABEL}" y="${y + 10}" width="${x(value) - LABEL}" height="${ROW - 20}" rx="2"/>
<line class="spread" x1="${low}" x2="${high}" y1="${middle}" y2="${middle}"/>
<line class="goal" x1="${goal}" x2="${goal}" y1="${y + 5}" y2="${y + ROW - 5}"/>${naive(figure, middle)}
<text x="${LABEL + BAR + 20}" y="${middle + 4}">${short(value)} <tspan class="quiet">goal ${figure.goal?.sense === '>=' ? '≥' : '≤'} ${figure.goal?.limit}</tspan></text>`;
}

function naive(figure: Figure, middle: number): string {
  if (!(coreOnNaive in figure.values)) return '';
  return `\n<circle class="naive" cx="${x(median(judged({ ...figure, of: coreOnNaive })))}" cy="${middle}" r="5"/>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}
