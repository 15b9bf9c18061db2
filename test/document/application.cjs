/** The application that the documents' tests test: README's quickstart, as something to start. */
const express = require('express')
const session = require('express-session')
const { Passport } = require('passport')
const { XaiDeviceStrategy, XaiStrategy } = require('passport-xai')

exports.startApplication = async ({ issuer, clientID }) => {
  const app = express()
  const server = app.listen(0, '127.0.0.1').unref()
  await new Promise((resolve) => server.once('listening', resolve))
  const address = `http://127.0.0.1:${server.address().port}`
  const passport = new Passport()
  const verify = async ({ profile }) => ({ id: profile.id })
  passport.use(new XaiStrategy({ issuer, clientID, callbackURL: `${address}/callback` }, verify))
  passport.use(new XaiDeviceStrategy({ issuer, clientID }, verify))
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user, done) => done(null, user))
  app.use(session({ secret: 'for tests only', resave: false, saveUninitialized: false }))
  app.use(passport.session())
  app.get('/sign-in', passport.authenticate('xai'))
  app.get('/callback', passport.authenticate('xai', { successRedirect: '/' }))
  app.all('/connect/xai', passport.authenticate('xai-device', { successRedirect: '/' }))
  app.use((error, _req, res, _next) => res.status(error.status ?? 500).send(error.code))
  return address
}
