// Loaded before a suite that others wrote: puts our class in the place of the one that the suite is about.
const Module = require('node:module')
const { join, sep } = require('node:path')

const { XaiOAuth2 } = require(join(__dirname, '../../../dist/lib/token/client.js'))

const load = Module._load
Module._load = function (request, parent, ...rest) {
  const isOfNodeOAuth = parent?.filename?.includes(`${sep}oauth-0.10.0${sep}tests${sep}`)
  return isOfNodeOAuth && /lib\/oauth2$/.test(request)
    ? { OAuth2: XaiOAuth2 }
    : load.call(this, request, parent, ...rest)
}

// passport-oauth2-refresh tests with a class of its own, which has the constructor of OAuth2 and an empty method.
globalThis.OAuth2InPlace = XaiOAuth2
const compile = Module.prototype._compile
Module.prototype._compile = function (source, filename) {
  if (!filename.endsWith('refresh.spec.js')) return compile.call(this, source, filename)
  const replaced = source.replace(
    /function OAuth2\([\s\S]*?\n}\n[\s\S]*?OAuth2\.prototype\.getOAuthAccessToken = new Function\(\);/,
    'const OAuth2 = globalThis.OAuth2InPlace;',
  )
  if (replaced === source) throw new Error('the suite of passport-oauth2-refresh has no class to replace')
  return compile.call(this, replaced, filename)
}
