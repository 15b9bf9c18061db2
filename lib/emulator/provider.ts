import { isRedirectURIAllowed } from './client.js'
import { buildConfiguration } from './configuration.js'
import { deliver, responseMode } from './delivery.js'
import type { Provider } from './oidc-provider.js'
import { registerRewording } from './rewording.js'
import { receive } from './router.js'
import type { EmulatorState } from './state.js'

type AccessToken = InstanceType<Provider['AccessToken']>

/** Access tokens as xAI's: oidc-provider's own JWTs are for resource servers, and it does not take them at userinfo. */
function buildAccessToken(emulator: EmulatorState, token: AccessToken, jti: string): string {
  const { accountId: sub, clientId, scope = '', expiration } = token
  const { type, id } = emulator.findSubject(sub)?.principal ?? { type: 'User', id: sub }
  const iat = Math.floor(Date.now() / 1000)
  const claims = {
    iss: emulator.issuer,
    aud: clientId,
    sub,
    client_id: clientId,
    scope,
    iat,
    exp: iat + expiration,
    jti,
    principal_type: type,
    principal_id: id,
  }
  return emulator.forger.buildAccessToken(claims, emulator.signingKey)
}

/** Changes what oidc-provider makes up as a token, which is also the name that it stores it under. */
function changeTokenID<Token>(
  model: { prototype: Token },
  change: (token: Token, id: string) => string,
): void {
  const prototype = model.prototype as { generateTokenId(this: Token): string }
  const { generateTokenId } = prototype
  prototype.generateTokenId = function () {
    return change(this, generateTokenId.call(this))
  }
}

/** oidc-provider as xAI's server; a new one is needed when the keys change, and goes on with what the last one stored. */
export function buildProvider(emulator: EmulatorState): Provider {
  const provider: Provider = new emulator.module.Provider(emulator.issuer, buildConfiguration(emulator))
  changeTokenID(provider.AccessToken, (token, id) => buildAccessToken(emulator, token, id))
  changeTokenID(provider.RefreshToken, (_token, id) => `OR-${id}`)
  provider.Client.prototype.redirectUriAllowed = function (redirectURI) {
    const client = emulator.findClient(this.clientId)
    return client !== undefined && isRedirectURIAllowed(client, redirectURI)
  }
  provider.registerResponseMode(responseMode, (ctx, redirectURI, parameters) =>
    deliver(emulator, ctx, redirectURI, parameters),
  )
  registerRewording(emulator, provider)
  provider.use(receive(emulator))
  return provider
}
