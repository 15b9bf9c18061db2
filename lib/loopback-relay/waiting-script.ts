/**
 * The waiting page's script: asks every second whether the delivery has come, goes on when it has, and stops with a
 * message when the sign-in has ended or 10 minutes are over. Also takes a pasted code, or the whole address with it.
 */
export const waitingScript = `
const status = document.querySelector('[role=status]')
const form = document.querySelector('form')
const state = form.elements.state.value
const deadline = Date.now() + 10 * 60000
let timer
let isBusy = false
let isOver = false

const say = (text) => {
  if (status.textContent !== text) status.textContent = text
}

const leave = (parameters) => {
  isOver = true
  say('Signing you in.')
  location.replace(parameters)
}

const stop = () => {
  isOver = true
  const heading = document.querySelector('h1')
  document.title = heading.textContent = 'This sign-in has ended'
  document.getElementById('waiting').hidden = true
  document.getElementById('ended').hidden = false
  heading.focus()
}

const ask = async () => {
  if (isBusy || isOver) return
  isBusy = true
  clearTimeout(timer)
  const answer = await fetch('?' + new URLSearchParams({ relay: 'poll', state }), { cache: 'no-store' }).catch(() => undefined)
  const found = answer?.status === 200 ? await answer.json().catch(() => undefined) : undefined
  isBusy = false
  if (isOver) return
  if (found) return leave(found.location)
  if (answer?.status === 404 || Date.now() > deadline) return stop()
  say(answer?.status === 204 ? 'Waiting for xAI\\u2019s answer.' : 'The application does not answer. Trying again.')
  timer = setTimeout(ask, 1000)
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const pasted = form.elements.code.value.trim()
  const code = new URLSearchParams(pasted.slice(pasted.indexOf('?') + 1)).get('code') ?? pasted
  leave('?' + new URLSearchParams({ code, state }))
})
// A browser lets the timers of a hidden tab sleep; whoever comes back is not kept waiting.
document.addEventListener('visibilitychange', ask)
ask()
`
