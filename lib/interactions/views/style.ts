/** The one stylesheet of all pages; the policy admits it by its hash. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f3f5f8; --card: #ffffff; --text: #171b24; --muted: #535c6c; --line: #dde1e8; --edge: #7f8899;
  --accent: #1f4fd1; --accent-hover: #183fa8; --on-accent: #ffffff; --wash: #f6f8fb;
  --alert: #a3190f; --alert-wash: #fdf1ef; --alert-line: #e6a59e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1217; --card: #181c24; --text: #eceff4; --muted: #a8b1c0; --line: #2b313d; --edge: #778296;
    --accent: #8fb0ff; --accent-hover: #adc5ff; --on-accent: #0c1526; --wash: #1f2530;
    --alert: #ffb0a6; --alert-wash: #2f1c1c; --alert-line: #7d403b;
  }
}
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; -webkit-text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center; padding: 2rem 1rem; background: var(--page); color: var(--text); overflow-wrap: anywhere; }
body > header, main { width: 100%; max-width: 27rem; }
body.wide > header, .wide main { max-width: 46rem; }
body > header { margin: auto 0 .875rem; padding: 0 .25rem; display: flex; gap: .5rem; align-items: center; color: var(--muted); font-size: .9375rem; }
body > header svg { flex: none; width: 1.125rem; height: 1.125rem; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
main { margin: 0 0 auto; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: .875rem; box-shadow: 0 1px 2px rgb(16 24 40 / .05), 0 8px 24px rgb(16 24 40 / .05); }
h1 { margin: 0 0 .375rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; font-weight: 650; }
h2 { margin: 1.5rem 0 .5rem; font-size: .9375rem; font-weight: 600; }
p { margin: 0 0 1rem; }
h1 + p { color: var(--muted); margin-bottom: 1.5rem; }
h1 + p strong, h1 + p bdi { color: var(--text); font-weight: 600; }
label { display: block; margin-bottom: .375rem; font-weight: 550; font-size: .9375rem; }
input { display: block; width: 100%; margin-bottom: 1.125rem; padding: .6875rem .75rem; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: .5rem; }
input[aria-invalid=true] { border-color: var(--alert); }
button { display: block; width: 100%; margin-top: .75rem; padding: .75rem 1rem; min-height: 2.875rem; font: inherit; font-weight: 600; color: var(--text); background: transparent; border: 1px solid var(--edge); border-radius: .5rem; cursor: pointer; }
button:hover { background: var(--wash); }
#continue, .primary { margin-top: 1.5rem; color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
#continue:hover, .primary:hover { background: var(--accent-hover); border-color: var(--accent-hover); }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.alert { margin: 0 0 1.25rem; padding: .75rem .875rem; color: var(--alert); background: var(--alert-wash); border: 1px solid var(--alert-line); border-radius: .5rem; font-size: .9375rem; }
.alert p:last-child { margin: 0; }
ul.asks { margin: 0 0 1rem; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: .5rem; }
ul.asks > li { padding: .6875rem .875rem; }
ul.asks > li + li { border-top: 1px solid var(--line); }
ul.asks small { display: block; color: var(--muted); font-size: .8125rem; }
dl { margin: .5rem 0 0; font-size: .875rem; }
dl div { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .125rem 0; }
dt { flex: 0 0 8.5rem; color: var(--muted); }
dd { flex: 1 1 9rem; margin: 0; }
label.box { display: flex; gap: .625rem; align-items: center; min-height: 2rem; margin: .25rem 0; font-weight: inherit; font-size: inherit; }
label.box input { flex: none; width: 1.5rem; height: 1.5rem; margin: 0; accent-color: var(--accent); }
summary { margin-top: .5rem; color: var(--muted); font-size: .875rem; cursor: pointer; }
section { margin-top: 2rem; }
section > h2 { margin-top: 0; font-size: 1.0625rem; }
form > .primary:first-child { margin-top: 0; }
ul.plain { margin: 0 0 1rem; padding: 0; list-style: none; }
ul.plain > li { padding: .25rem 0; }
.note { margin: 1.25rem 0 0; color: var(--muted); font-size: .875rem; }
.links { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 1rem 0 0; padding: 0; list-style: none; font-size: .875rem; }
.facts { padding: .75rem .875rem; background: var(--wash); border-radius: .5rem; }
.facts dt { flex-basis: 6rem; }
code .word { display: inline-block; max-width: 100%; }
h2:target { padding-inline-start: .625rem; border-inline-start: 4px solid var(--accent); }
code { font: .9375em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
@media (max-width: 30rem) {
  body { padding: 1rem .75rem; }
  body > header { margin-top: .25rem; }
  main { padding: 1.5rem 1.125rem; }
  .facts dt { flex-basis: 100%; }
  .facts div { padding: .25rem 0; }
}
@media (forced-colors: active) { button, input, main { border-color: CanvasText; } }
`;
