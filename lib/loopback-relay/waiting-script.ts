/**
 * The waiting page's script. It asks every second whether the delivery has come, goes on when it has, and stops with a
 * sentence when the sign-in has ended or 10 minutes are over. It also takes a pasted code, or the whole address with it.
 */
export const waitingScript = `
const status = document.querySelector('[role=status]')
const form = document.querySelector('form')
const state = form.elements.state.value
const deadline = Date.now() + 10 * 60000
let timer
let isAsking = false
let isOver = false

const say = (text) => {
  if (status.textContent !== text) status.textContent = text
}

const leave = (query) => {
  isOver = true
  say('Signing you in.')
  location.replace(query)
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
  if (isAsking || isOver) return
  isAsking = true
  clearTimeout(timer)
  const url = '?' + new URLSearchParams({ relay: 'poll', state })
  const request = { cache: 'no-store', signal: AbortSignal.timeout(10000) }
  const response = await fetch(url, request).catch(() => undefined)
  const delivery = response?.status === 200 ? await response.json().catch(() => undefined) : undefined
  isAsking = false
  if (isOver) return
  if (delivery) return leave(delivery.location)
  if (response?.status === 404 || Date.now() > deadline) return stop()
  say(response?.status === 204 ? 'Waiting for xAI.' : 'The application does not respond. Trying again.')
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
