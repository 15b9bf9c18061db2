// oauth2-mock-server as it comes, with a key for ES256 or, as its documentation begins, one for RS256.
import { OAuth2Server } from 'oauth2-mock-server'

const server = new OAuth2Server()
await server.issuer.keys.generate(process.env.ALG ?? 'ES256')
await server.start(0, '127.0.0.1')
console.log(JSON.stringify({ issuer: server.issuer.url }))
