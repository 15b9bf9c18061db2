import type * as relay from './loopback-relay/relay.js'
import type * as refresh from './refresh.js'
import type * as revocation from './revocation.js'
import type * as signIn from './sign-in.js'

/** Modules that the first who needs them loads, because most processes start without a sign-in. */
export const onDemand = {
  get refresh(): typeof refresh {
    return require('./refresh.js')
  },
  get relay(): typeof relay {
    return require('./loopback-relay/relay.js')
  },
  get revocation(): typeof revocation {
    return require('./revocation.js')
  },
  get signIn(): typeof signIn {
    return require('./sign-in.js')
  },
}
