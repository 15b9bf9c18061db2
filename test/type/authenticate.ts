/** Compiled, never run: what TypeScript accepts of `passport.authenticate('xai', …)`. */
import type { Request } from 'express'
import passport from 'passport'
import type { StateFailureReason, XaiFailure } from '../../lib/index.js'
import { exactly } from './exactly.js'

passport.authenticate('xai')
passport.authenticate('xai', { successRedirect: '/', failureRedirect: '/sign-in' })
passport.authenticate('xai', { state: 'text' })
passport.authenticate('xai', { state: { returnTo: '/inbox', items: [1, 2] } })
passport.authenticate('xai', { loginHint: 'person@example.com', prompt: 'login', scope: ['openid'] })
passport.authenticate('xai', { callbackURL: 'https://app.example/callback' })

passport.authorize('xai', { state: { returnTo: '/inbox' } })
passport.authorize('xai', { callbackURL: 'https://app.example/link' }, (_error, account, info) => {
  exactly<Express.User | false | null | undefined>()(account)
  exactly<string | undefined>()(info?.message)
})
// @ts-expect-error no such option
passport.authorize('xai', { login_hint: 'person@example.com' })

/** What a route behind `passport.authenticate` finds. */
export const stateOf = ({ authInfo }: Request): unknown => exactly<unknown>()(authInfo?.state)

// @ts-expect-error a scope is text
passport.authenticate('xai', { scope: 7 })
// @ts-expect-error no such option
passport.authenticate('xai', { login_hint: 'person@example.com' })
// @ts-expect-error other strategies keep their options
passport.authenticate('local', { state: { returnTo: '/inbox' } })

passport.authenticate('xai', {}, (error, user, info, status) => {
  exactly<unknown>()(error)
  exactly<Express.User | false | null | undefined>()(user)
  exactly<number | undefined>()(status)
  switch (info?.code) {
    case 'xai_state_invalid':
      exactly<StateFailureReason>()(info.reason)
      exactly<string>()(info.message)
      break
    case 'xai_callback_invalid':
    case 'access_denied':
    case 'xai_device_expired':
      exactly<string>()(info.message)
      // @ts-expect-error only a refused state has a reason
      info.reason.toString()
      break
    case undefined:
      exactly<unknown>()(info?.state)
      break
    default:
      exactly<never>()(info)
  }
})

const codes: Record<XaiFailure['code'], true> = {
  xai_state_invalid: true,
  xai_callback_invalid: true,
  access_denied: true,
  xai_device_expired: true,
}
void codes
