/**
 * The style of every page: the system's fonts, light or dark as the person prefers, from 320 pixels up.
 * Sizes and spaces come from two scales; black and white carry the page, and one accent marks what can be followed.
 */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --page: #fff; --panel: #f6f6f4; --ink: #0b0b0a; --quiet: #5a5a54; --line: #e3e3df; --edge: #8b8b85;
  --on-ink: #fff; --hover: #33332f; --accent: #1d4ed8; --good: #0b6e3c; --bad: #b3261e; --on-bad: #fff;
  --text-s: .875rem; --text-m: 1rem; --text-l: 1.1875rem; --text-xl: 1.625rem; --text-xxl: clamp(2rem, 7.5vw, 2.75rem);
  --space-s: .5rem; --space-m: 1rem; --space-l: 1.5rem; --space-xl: 2.5rem; --space-xxl: clamp(2.5rem, 9vh, 5.5rem);
  --round: .875rem; --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0a0a0a; --panel: #161617; --ink: #f6f6f4; --quiet: #a6a6a0; --line: #2c2c2e; --edge: #77777c;
    --on-ink: #0b0b0a; --hover: #d4d4cf; --accent: #8fb2ff; --good: #77d9a3; --bad: #ff9d94; --on-bad: #2b0704;
  }
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink); overflow-wrap: break-word;
  font: var(--text-m)/1.55 Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
body > header, main { max-width: 43rem; margin: 0 auto; padding: 0 var(--space-l); }
body > header { display: flex; align-items: center; justify-content: space-between; gap: var(--space-m); min-height: 4.5rem; }
.brand { display: flex; align-items: center; gap: .625rem; padding: .25rem 0; color: inherit; font-weight: 650; text-decoration: none; }
.brand svg { flex: none; width: 1.75rem; height: 1.75rem; fill: currentColor; fill-rule: evenodd; }
main { padding-top: var(--space-xxl); padding-bottom: var(--space-xl); }
main.page { padding-top: var(--space-l); }
h1 { margin: 0 0 var(--space-m); font-size: var(--text-xxl); font-weight: 700; line-height: 1.1; letter-spacing: -.03em; text-wrap: balance; }
main.page h1 { font-size: var(--text-xl); line-height: 1.2; letter-spacing: -.02em; }
h2 { margin: var(--space-xl) 0 var(--space-s); font-size: var(--text-l); font-weight: 650; letter-spacing: -.01em; text-wrap: balance; }
p { margin: 0 0 var(--space-m); text-wrap: pretty; }
a { color: inherit; text-underline-offset: .2em; }
a:hover { color: var(--accent); }
code, pre { font-family: var(--mono); font-size: .9em; }
.lead { max-width: 34rem; margin-bottom: var(--space-l); color: var(--quiet); font-size: var(--text-l); }
.quiet { color: var(--quiet); font-size: var(--text-s); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.button, button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 3rem; padding: .5rem 1.375rem;
  border: 1px solid var(--edge); border-radius: var(--round); background: transparent; color: var(--ink);
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
  transition: background-color .15s, border-color .15s;
}
.button:hover, button:hover { border-color: var(--ink); background: var(--panel); color: var(--ink); }
.primary { border-color: var(--ink); background: var(--ink); color: var(--on-ink); }
.primary:hover { border-color: var(--hover); background: var(--hover); color: var(--on-ink); }
.small { min-height: 2.25rem; padding: .25rem .875rem; border-radius: .625rem; font-size: var(--text-s); }
.danger { border-color: var(--bad); color: var(--bad); }
.danger:hover { border-color: var(--bad); background: var(--bad); color: var(--on-bad); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: .375rem; }
.button:focus-visible, button:focus-visible { border-radius: var(--round); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 var(--space-m); }
.panel { margin: var(--space-xl) 0 0; padding: var(--space-l); border-radius: 1.25rem; background: var(--panel); }
.panel > h2 { margin-top: 0; }
.panel > :last-child { margin-bottom: 0; }
.people { margin: 0; padding: 0; list-style: none; }
.people li { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 var(--space-m); padding: .75rem 0; border-top: 1px solid var(--line); }
.people li:last-child { padding-bottom: 0; }
.people strong { font-weight: 600; }
.people strong + span { display: inline-block; color: var(--quiet); font-size: var(--text-s); }
.person { display: flex; align-items: center; gap: var(--space-l); margin-bottom: var(--space-xl); }
.person > div { min-width: 0; }
main.page .person h1, .person p { margin: 0; }
.person p { color: var(--quiet); }
.person p span { display: inline-block; }
.person img, .initials { flex: none; width: 4.5rem; height: 4.5rem; border-radius: 50%; background: var(--panel); object-fit: cover; }
.initials { display: flex; align-items: center; justify-content: center; font-size: var(--text-xl); font-weight: 600; }
.good { color: var(--good); font-weight: 600; }
.notice { display: flex; align-items: center; gap: .625rem; margin-bottom: var(--space-l); padding: .75rem var(--space-m); border-radius: var(--round); background: var(--panel); font-weight: 600; }
.notice::before { content: "✓" / ""; color: var(--good); }
dl { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); margin: 0 0 var(--space-l); border-bottom: 1px solid var(--line); }
dt, dd { margin: 0; padding: .75rem 0; border-top: 1px solid var(--line); }
dt { color: var(--quiet); }
dd small { display: block; color: var(--quiet); font-size: var(--text-s); }
.copy { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: var(--space-s); }
.copy > span { min-width: 0; }
.copy code { user-select: all; }
.scopes { display: flex; flex-wrap: wrap; gap: .25rem .5rem; }
.scopes code { padding: .0625rem .5rem; border-radius: .5rem; background: var(--panel); }
details { border-top: 1px solid var(--line); }
details:last-of-type { border-bottom: 1px solid var(--line); }
summary { padding: .875rem 0; font-weight: 600; cursor: pointer; }
summary:hover { color: var(--accent); }
details > :not(summary) { margin-bottom: var(--space-l); }
details dl { border-bottom: 0; }
pre { margin: 0; padding: var(--space-m); overflow: auto; border-radius: var(--round); background: var(--panel); tab-size: 2; line-height: 1.6; }
* + details { margin-top: var(--space-xl); }
details + details { margin-top: 0; }
@media (max-width: 34rem) {
  body > header, main { padding-left: var(--space-m); padding-right: var(--space-m); }
  .person { gap: var(--space-m); }
  .person img, .initials { width: 3.5rem; height: 3.5rem; }
  dl { display: block; }
  dt { padding-bottom: 0; font-size: var(--text-s); }
  dd { padding-top: 0; border-top: 0; }
  main .actions > *, main .actions button { width: 100%; }
  .panel { padding: var(--space-m); }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
`

/** What a page can do without: buttons that copy, and times as the person's clock shows them. */
export const script = `
for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) continue
  button.hidden = false
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent)
    button.textContent = 'Copied'
    setTimeout(() => { button.textContent = 'Copy' }, 3000)
  })
}
for (const time of document.querySelectorAll('time')) {
  time.textContent = new Date(time.dateTime).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
}
`

/** A keyhole in a square: the example has no logo, and xAI's is xAI's. */
export const iconPath =
  'M9 0h14a9 9 0 0 1 9 9v14a9 9 0 0 1-9 9H9a9 9 0 0 1-9-9V9a9 9 0 0 1 9-9zm7 7a5 5 0 0 0-2.5 9.33L12 25h8l-1.5-8.67A5 5 0 0 0 16 7z'

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<path d="M4 4h24v24H4z" fill="#fff"/><path fill-rule="evenodd" d="${iconPath}"/>
</svg>
`
