import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import { Problem } from './problem.js'

declare module 'express-session' {
  interface SessionData {
    formToken: string
  }
}

/** No third party, no inline script or style, no frame, and nothing that a cache keeps. */
export function protectPages(pictureOrigin: string): RequestHandler {
  const contentSecurityPolicy = [
    "default-src 'none'",
    "style-src 'self'",
    `img-src 'self' https: ${pictureOrigin}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return (_req, res, next) => {
    res.set({
      'Content-Security-Policy': contentSecurityPolicy,
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    })
    next()
  }
}

/** The session's token, which every form carries: another site can submit a form here, but not know this. */
export function formTokenOf({ session }: Request): string {
  session.formToken ??= randomUUID()
  return session.formToken
}

/** Refuses a form that is not one of the session's own. */
export const checkForm: RequestHandler = (req, _res, next) => {
  const { formToken } = req.session
  if (!req.user || !formToken || req.body?.form_token !== formToken) {
    throw new Problem('form_invalid', 'This form is not one of your present session.', 403)
  }
  next()
}
