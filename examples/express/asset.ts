/** The style of every page; of the system's fonts, light or dark as the person prefers. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --page: #f6f6f4; --card: #ffffff; --ink: #161615; --quiet: #5b5b56; --line: #dededa;
  --primary: #161615; --on-primary: #ffffff; --hover: #f1f1ee; --focus: #0b57d0;
  --good: #0d6b3f; --good-page: #e5f5ec; --tag: #efefec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f0f10; --card: #19191b; --ink: #f2f2f0; --quiet: #aeaea8; --line: #36363a;
    --primary: #f2f2f0; --on-primary: #161615; --hover: #232326; --focus: #8ab4f8;
    --good: #7ddba6; --good-page: #14291e; --tag: #29292c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 0 1rem 3rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
header, main { max-width: 38rem; margin: 0 auto; }
header { padding: 1.25rem 0; font-size: .9375rem; }
header a { color: inherit; font-weight: 650; text-decoration: none; }
header a:hover { text-decoration: underline; }
header span { color: var(--quiet); margin-left: .375rem; }
main {
  padding: clamp(1.25rem, 5vw, 2.25rem); background: var(--card); overflow-wrap: anywhere;
  border: 1px solid var(--line); border-radius: 1rem;
}
main > :first-child { margin-top: 0; }
main > :last-child { margin-bottom: 0; }
h1 { margin: 0 0 .5rem; font-size: 1.625rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance; }
h2 { margin: 2rem 0 .5rem; font-size: 1rem; }
p { margin: 0 0 1rem; }
code { font: .875em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.quiet { color: var(--quiet); font-size: .875rem; }
.button, button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 2.75rem; padding: .5rem 1.125rem;
  border: 1px solid var(--line); border-radius: .75rem; background: transparent; color: inherit;
  font: inherit; font-weight: 550; text-decoration: none; cursor: pointer;
}
.button:hover, button:hover { background: var(--hover); }
.primary { background: var(--primary); border-color: var(--primary); color: var(--on-primary); }
.primary:hover { background: var(--primary); text-decoration: underline; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.person { display: flex; align-items: center; gap: 1rem; margin-bottom: 1.5rem; }
.person > div { min-width: 0; }
.person h1, .person p { margin: 0; }
.person img, .initials { flex: none; width: 4.5rem; height: 4.5rem; border-radius: 50%; background: var(--tag); object-fit: cover; }
.initials { display: flex; align-items: center; justify-content: center; font-size: 1.5rem; font-weight: 600; }
.tag { display: inline-block; padding: .0625rem .5rem; border-radius: .375rem; background: var(--tag); }
span.tag { font-size: .8125rem; }
.good { background: var(--good-page); color: var(--good); }
.notice { padding: .625rem .875rem; border-radius: .625rem; background: var(--good-page); color: var(--good); }
dl { display: grid; grid-template-columns: 9.5rem 1fr; margin: 0 0 1.5rem; border-bottom: 1px solid var(--line); }
dt, dd { margin: 0; padding: .625rem 0; border-top: 1px solid var(--line); }
dt { color: var(--quiet); }
dd .quiet { display: block; }
.actions { display: flex; flex-wrap: wrap; gap: .625rem; margin-bottom: 1rem; }
@media (max-width: 30rem) {
  dl { display: block; }
  dt { padding-bottom: 0; font-size: .875rem; }
  dd { padding-top: 0; border-top: 0; }
  .actions form, .actions button, .button { width: 100%; }
}
`

/** A key hole: the example has no logo, and xAI's is xAI's. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#161615"/>
<path fill="#fff" d="M16 7a5 5 0 0 0-2.5 9.33L12 25h8l-1.5-8.67A5 5 0 0 0 16 7z"/>
</svg>
`
