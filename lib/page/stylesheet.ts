/**
 * The style of every page that the library shows: black and white with one accent, in the system's fonts, light or dark
 * as the person prefers, from 320 pixels up. Elements have their style without a class; the classes are
 *
 * | | |
 * |---|---|
 * | `lead` | the paragraph that says what this page is about |
 * | `whole` | a short code that is never broken |
 * | `quiet` | what is good to know; `unseen`: for screen readers alone |
 * | `button` | a link that looks like a button; `primary`: the one action of a page, a link or a button; `wide`: as wide as the page |
 * | `actions` | a row of buttons, one below the other on a phone |
 * | `code` | a code to copy, see `copyable.ts` |
 * | `status` | what the page waits for, with a light that breathes |
 * | `choices` | a list of buttons to choose from, each with `<img>`, `<strong>` and `<small>` |
 * | `facts` | a list of terms with what they mean (`<dl>`) |
 * | `section` | what is set apart by a line |
 * | `field` | a label, its input and its button |
 */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --page: #f5f5f4; --card: #fff; --ink: #0c0c0b; --quiet: #57574f; --line: #e2e2df; --edge: #8a8a84;
  --well: #f5f5f4; --accent: #1d4ed8; --on-ink: #fff; --hover: #2b2b29; --notice: #fff3cf; --on-notice: #5c4300;
  --small: .875rem; --title: 1.625rem;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #000; --card: #0f0f10; --ink: #f6f6f4; --quiet: #a8a8a2; --line: #2a2a2c; --edge: #77777c;
    --well: #19191b; --accent: #8fb2ff; --on-ink: #0c0c0b; --hover: #d9d9d5; --notice: #2b2407; --on-notice: #ffdf8a;
  }
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; background: var(--page); color: var(--ink); overflow-wrap: break-word;
  font: 1rem/1.5 Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
header { padding: .5rem 1rem; background: var(--notice); color: var(--on-notice); font-size: var(--small); text-align: center; }
header p { margin: 0; text-wrap: balance; }
main {
  max-width: 28rem; margin: clamp(1rem, 9vh, 6rem) auto 2rem; padding: clamp(1.5rem, 6vw, 2.5rem);
  background: var(--card); border: 1px solid var(--line); border-radius: 1.25rem;
}
form { margin: 0 0 1rem; }
main > :last-child, main > :last-child > :last-child { margin-bottom: 0; }
h1 { margin: 0 0 .75rem; font-size: var(--title); line-height: 1.2; font-weight: 650; letter-spacing: -.02em; text-wrap: balance; }
h1:focus { outline: none; }
h2 { margin: 0 0 .25rem; font-size: 1rem; font-weight: 600; }
p { margin: 0 0 1rem; text-wrap: pretty; }
ul, ol { margin: 0 0 1.5rem; padding-left: 1.25rem; }
li + li { margin-top: .25rem; }
a { color: inherit; text-underline-offset: .2em; }
a:hover { color: var(--accent); }
small, .quiet { color: var(--quiet); font-size: var(--small); }
code { font-family: var(--mono); font-size: .9375em; }
.lead { margin-bottom: 1.5rem; color: var(--quiet); }
.lead strong { color: var(--ink); font-weight: 600; }
.whole { white-space: nowrap; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; user-select: none; }
.button, button {
  display: inline-flex; align-items: center; justify-content: center; gap: .5rem; min-height: 3rem; padding: .625rem 1.25rem;
  border: 1px solid var(--edge); border-radius: .875rem; background: transparent; color: var(--ink);
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
  transition: background-color .15s, border-color .15s;
}
.button:hover, button:hover { border-color: var(--ink); background: var(--well); color: var(--ink); }
.primary { border-color: var(--ink); background: var(--ink); color: var(--on-ink); }
.primary:hover { border-color: var(--hover); background: var(--hover); color: var(--on-ink); }
.wide { display: flex; width: 100%; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1.5rem; }
.actions > * { flex: 1 1 9rem; }
.code {
  display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .75rem; margin: 0 0 1rem;
  padding: .75rem .75rem .75rem 1.25rem; background: var(--well); border: 1px solid var(--line); border-radius: .875rem;
}
.code code { min-width: 0; font-size: 1rem; user-select: all; }
.code button { min-height: 2.5rem; padding: .25rem 1rem; background: var(--card); font-size: var(--small); }
.code.big code { font-size: clamp(1.375rem, 7vw, 2rem); font-weight: 600; line-height: 1.25; letter-spacing: .04em; }
.code.big code span { display: inline-block; }
.status { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .75rem; }
.status > [role=status] { flex: 1 1 0; min-width: 12rem; }
.status::before {
  content: ""; flex: none; width: .625rem; height: .625rem; border-radius: 50%; background: var(--accent);
  animation: breathe 1.6s ease-in-out infinite alternate;
}
@keyframes breathe { to { opacity: .2; } }
[role=timer] { font-variant-numeric: tabular-nums; }
.status > [role=timer] { margin-left: 1.375rem; }

.choices { margin: 1.5rem 0; padding: 0; list-style: none; }
.choices li + li { margin-top: .75rem; }
.choices button { width: 100%; justify-content: flex-start; gap: 1rem; padding: .75rem 1rem; font-weight: 400; text-align: left; }
.choices img { flex: none; border-radius: 50%; }
.choices button > span { min-width: 0; }
.choices strong, .choices small { display: block; }
.facts { margin: .5rem 0 1.5rem; }
.facts dt { padding-top: .75rem; border-top: 1px solid var(--line); font-weight: 600; }
.facts dd { margin: 0; padding-bottom: .75rem; color: var(--quiet); }
.section { margin: 2rem 0; padding-top: 1.5rem; border-top: 1px solid var(--line); }
.field { display: grid; gap: .375rem; }
.field label { font-size: var(--small); font-weight: 600; }
.field > div { display: flex; flex-wrap: wrap; gap: .75rem; }
.field input {
  flex: 1 1 12rem; min-width: 0; min-height: 3rem; padding: .5rem 1rem; border: 1px solid var(--edge); border-radius: .875rem;
  background: var(--card); color: inherit; font: 1rem var(--mono);
}
.field button { flex: 1 0 auto; }
@media (max-width: 30rem) {
  body { background: var(--card); }
  main { margin: 0; border: 0; border-radius: 0; }
}
@media (prefers-reduced-motion: reduce) {
  *, ::before { animation: none !important; transition: none !important; }
}
`
