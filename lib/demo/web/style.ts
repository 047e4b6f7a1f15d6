/** The stylesheet of the page. */
export const css = `
:root {
  color-scheme: light dark;
  --page: #f3f5f8; --card: #ffffff; --text: #171b24; --muted: #535c6c; --line: #dde1e8; --edge: #7f8899;
  --accent: #1f4fd1; --on-accent: #ffffff; --good: #0c6b3d; --bad: #a3190f; --wash: #f6f8fb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1217; --card: #181c24; --text: #eceff4; --muted: #a8b1c0; --line: #2b313d; --edge: #778296;
    --accent: #8fb0ff; --on-accent: #0c1526; --good: #7fd6a6; --bad: #ffb0a6; --wash: #1f2530;
  }
}
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere; }
body > header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding: .75rem 1.25rem; background: var(--card); border-bottom: 1px solid var(--line); }
body > header p { margin: 0; }
.brand { font-weight: 650; margin-right: auto !important; }
#who { color: var(--muted); }
main { max-width: 76rem; margin: 0 auto; padding: 1.25rem; }
h1 { margin: .5rem 0; font-size: 1.75rem; line-height: 1.2; }
h1 + p { max-width: 44rem; margin-top: 0; color: var(--muted); }
h2 { margin: 0 0 .5rem; font-size: 1.125rem; }
h3 { margin: 0 0 .5rem; font-size: 1rem; }
.steps, .panels { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); align-items: start; }
.panels { grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); margin-top: 1rem; }
section section, .steps > section, .news { padding: 1.125rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
#stories { margin-top: 2rem; }
.news { margin: 0 0 1rem; border-color: var(--edge); }
.news.good { border-color: var(--good); }
.news.bad { border-color: var(--bad); }
#news:focus { outline: none; }
button { min-height: 2.75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; color: inherit; background: transparent; border: 1px solid var(--edge); border-radius: .5rem; cursor: pointer; }
button.primary, button[aria-pressed=true] { color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
button:disabled { opacity: .55; cursor: default; }
.steps button, .attempts button { width: 100%; }
.attempts button { text-align: start; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
label { display: block; margin: .5rem 0 .25rem; font-size: .9375rem; font-weight: 550; }
input { width: 100%; padding: .5rem .625rem; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: .5rem; }
input[aria-invalid=true] { border-color: var(--bad); }
#pay { margin-top: 1rem; }
.problem { margin: .25rem 0 0; color: var(--bad); font-size: .875rem; }
ul { margin: .75rem 0 0; padding: 0; list-style: none; }
#accounts li, #receipts li { padding: .5rem 0; border-top: 1px solid var(--line); }
small { display: block; color: var(--muted); font-size: .8125rem; }
#choice { display: flex; flex-wrap: wrap; gap: .5rem; }
ol { margin: 0; padding-left: 1.25rem; }
ol > li + li { margin-top: .875rem; }
.attempts > li + li { margin-top: .625rem; }
details { margin-top: .375rem; }
summary { padding: .25rem 0; color: var(--accent); font-size: .875rem; cursor: pointer; }
dl { margin: .25rem 0 0; padding: .625rem .75rem; background: var(--wash); border-radius: .5rem; font: .8125rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
dt { color: var(--muted); }
dd { margin: 0 0 .375rem; }
dd:last-child { margin-bottom: 0; }
dd em { display: block; color: var(--bad); font: italic .8125rem/1.45 system-ui, sans-serif; }
.answer { margin: .5rem 0 0; font-size: .9375rem; }
.answer strong { color: var(--good); }
.answer.granted strong { color: var(--bad); }
kbd { padding: 0 .25rem; font: .9375em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--wash); border: 1px solid var(--line); border-radius: .25rem; }
@media (forced-colors: active) { button, input, section { border-color: CanvasText; } }
`;
