/** The style of the relay's pages: system fonts, light and dark, from phone width up. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --page: #f6f6f4; --card: #ffffff; --ink: #161615; --quiet: #5b5b56; --line: #dededa; --field: #85857e;
  --accent: #161615; --on-accent: #ffffff; --focus: #0b57d0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f0f10; --card: #19191b; --ink: #f2f2f0; --quiet: #aeaea8; --line: #36363a; --field: #85858a;
    --accent: #f2f2f0; --on-accent: #161615; --focus: #8ab4f8;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; min-height: 100vh; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main {
  max-width: 27rem; margin: clamp(1rem, 8vh, 5rem) auto 2rem; padding: clamp(1.25rem, 5vw, 2rem);
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem; overflow-wrap: anywhere;
}
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 0 0 .25rem; font-size: 1rem; }
p { margin: 0 0 1rem; }
main > :last-child { margin-bottom: 0; }
a { color: inherit; }
.quiet { color: var(--quiet); font-size: .875rem; }
.note { font-weight: 400; }
.button, button {
  display: inline-block; min-height: 2.75rem; padding: .625rem 1.125rem; border: 1px solid var(--accent);
  border-radius: .75rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
}
.button { display: block; background: var(--accent); color: var(--on-accent); }
button { background: transparent; color: inherit; }
.button:hover, button:hover { text-decoration: underline; }
.status { display: flex; align-items: center; gap: .625rem; }
.status::before {
  content: ""; flex: none; width: .75rem; height: .75rem; border-radius: 50%; background: var(--ink);
  animation: breathe 2s ease-in-out infinite alternate;
}
@keyframes breathe { to { opacity: .2; } }
@media (prefers-reduced-motion: reduce) { .status::before { animation: none; } }
form { margin: 1.5rem 0; padding-top: 1.5rem; border-top: 1px solid var(--line); }
form p { color: var(--quiet); font-size: .875rem; }
label { display: block; margin-bottom: .25rem; font-weight: 600; font-size: .875rem; }
.row { display: flex; flex-wrap: wrap; gap: .625rem; }
.row input {
  flex: 1 1 12rem; min-width: 0; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--field);
  border-radius: .75rem; background: var(--page); color: inherit; font: 1rem ui-monospace, Menlo, Consolas, monospace;
}
.row button { flex: 0 1 auto; }
@media (max-width: 30rem) {
  main { margin: 1rem; }
  .row button { flex: 1 1 100%; }
}
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
h1:focus { outline: none; }
`
