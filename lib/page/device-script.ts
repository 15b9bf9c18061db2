/** The script of the device page; `device-page.ts` says what it asks, and what it makes of the responses. */
export const deviceScript = `
{
  const waiting = document.getElementById('waiting')
  const { shown, home } = waiting.dataset
  const [status, reminder] = waiting.querySelectorAll('.section [role=status]')
  const timer = waiting.querySelector('[role=timer]')
  let interval = Number(waiting.dataset.interval)
  let deadline = Date.now() + waiting.dataset.expiresIn * 1000
  let pause = interval
  let next
  let trouble
  let isAsking = false
  let isOver = false

  const address = (name, value) => {
    const url = new URL(location.href)
    url.searchParams.delete('restart')
    if (name) url.searchParams.set(name, value)
    return url
  }
  // Loading this page again must not demand a new code again.
  history.replaceState(history.state, '', address())
  for (const form of document.forms) form.action = address('restart', '')

  const say = (element, text) => {
    if (element.textContent !== text) element.textContent = text
  }

  const stop = (title, sentence) => {
    isOver = true
    clearTimeout(next)
    clearInterval(clock)
    const heading = document.querySelector('h1')
    document.title = document.title.replace(heading.textContent, title)
    heading.textContent = title
    document.querySelector('#over .lead').textContent = sentence
    waiting.hidden = true
    document.getElementById('over').hidden = false
    heading.focus()
  }

  const leave = (url) => {
    isOver = true
    say(status, 'Signing you in.')
    location.replace(url)
  }

  const askAgain = (seconds) => {
    clearTimeout(next)
    next = setTimeout(ask, seconds * 1000)
  }

  // What went wrong last is the better explanation when the sign-in has ended by the next question.
  const meetTrouble = (sentence) => {
    trouble = sentence
    say(status, sentence + ' Trying again.')
    document.getElementById('trouble').hidden = false
    pause = Math.min(pause * 2, 60)
    askAgain(pause)
  }

  const waitOn = (report) => {
    trouble = undefined
    say(status, 'Waiting for xAI.')
    document.getElementById('trouble').hidden = true
    interval = pause = Number(report.interval) || interval
    if (report.expires_in >= 0) deadline = Date.now() + report.expires_in * 1000
    askAgain(interval)
  }

  const ask = async () => {
    if (isAsking || isOver) return
    isAsking = true
    // The application may itself wait for xAI, for 20 seconds and more.
    const request = { headers: { accept: 'application/json' }, cache: 'no-store', signal: AbortSignal.timeout(60000) }
    const response = await fetch(address('shown', shown), request).catch(() => undefined)
    const isJSON = /\\bjson\\b/.test(response?.headers.get('content-type'))
    const report = isJSON ? await response.json().catch(() => undefined) : undefined
    isAsking = false
    if (isOver) return
    if (!response) return meetTrouble('The application does not respond.')
    const { ok, status: code } = response
    if (ok && report?.status === 'pending') return waitOn(report)
    if (ok && report?.status === 'ended') {
      return trouble
        ? stop('You are not signed in', trouble)
        : stop('This sign-in has ended', 'It was finished or begun anew in another tab, or the code has expired.')
    }
    if (response.redirected) return leave(response.url)
    if (ok) return leave(home)
    const words = typeof report?.message === 'string' ? report.message : undefined
    if (code >= 500 || code === 408 || code === 429) {
      return meetTrouble(words ?? 'The application reports an error (HTTP ' + code + ').')
    }
    const isExpired = Date.now() >= deadline - 1000
    stop(
      'You are not signed in',
      words ?? (isExpired ? 'The code was not confirmed in time.' : 'xAI did not get your permission, or the code has expired.'),
    )
  }

  const tick = () => {
    const left = Math.max(0, Math.round((deadline - Date.now()) / 1000))
    say(timer, Math.floor(left / 60) + ':' + String(left % 60).padStart(2, '0') + ' left')
    if (left <= 60) say(reminder, left > 0 ? 'One minute is left.' : 'The code has expired.')
    else if (left <= 300) say(reminder, 'Five minutes are left.')
  }
  const clock = setInterval(tick, 1000)
  tick()

  // A browser lets the timers of a hidden tab sleep; whoever comes back is not kept waiting.
  document.addEventListener('visibilitychange', () => document.hidden || ask())
  askAgain(interval)
}
`
