import type { Request, RequestHandler } from 'express'
import type { PassportStatic } from 'passport'
import {
  TokenManager,
  XaiDeviceStrategy,
  type XaiDeviceStrategyOptions,
  type XaiTokenResponse,
} from 'passport-xai'

/** Connects Grok to the account that is signed in: `app.all('/connect/xai', connectGrok(passport, options))`. */
export function connectGrok(passport: PassportStatic, options: XaiDeviceStrategyOptions): RequestHandler[] {
  const strategy = new XaiDeviceStrategy(options, async ({ profile, tokens: response }) => ({
    id: profile.id,
    response,
  }))
  const tokens = new TokenManager({ strategy })
  passport.use(strategy)
  return [
    (req, res, next) => (req.user ? next() : res.redirect('/sign-in')),
    // Not authenticate: req.user stays who they are, and req.account is what the strategy found.
    passport.authorize('xai-device', { failureRedirect: '/settings' }),
    async (req, res) => {
      const { user, account } = req as Request & {
        user: { id: string }
        account: { response: XaiTokenResponse }
      }
      await tokens.save(user.id, account.response)
      res.redirect('/settings')
    },
  ]
}
