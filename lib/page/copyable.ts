import { type HTML, html } from './html.js'

/**
 * Builds a code that a person may copy. Its button appears when the page runs {@link copyScript}; without JavaScript one
 * click selects the whole code.
 *
 * @param id of the element that holds the code
 * @param size `big` for the code that a page is about
 */
export const buildCopyable = (id: string, code: string | HTML, size: 'big' | '' = ''): HTML =>
  html`<div class="code${size && ' big'}"><code id="${id}">${code}</code><button type="button" data-copy="${id}" hidden>Copy<span class="unseen"> the code</span></button><span class="unseen" role="status"></span></div>`

/** Shows the buttons beside codes and lets them copy. A page that is not a secure context has the older command alone. */
export const copyScript = `
for (const button of document.querySelectorAll('[data-copy]')) {
  const code = document.getElementById(button.dataset.copy)
  const label = button.firstChild
  const select = () => {
    getSelection().selectAllChildren(code)
    return document.execCommand('copy')
  }
  const copy = () => navigator.clipboard?.writeText(code.textContent).then(() => true, select) ?? select()
  button.addEventListener('click', async () => {
    const isCopied = await copy()
    label.data = isCopied ? 'Copied' : 'Selected'
    button.nextElementSibling.textContent = isCopied ? 'The code is copied.' : 'The code is selected.'
    setTimeout(() => {
      label.data = 'Copy'
      button.nextElementSibling.textContent = ''
    }, 3000)
  })
  button.hidden = false
}
`
