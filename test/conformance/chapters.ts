import { securityBestPractice } from './scenario/attack.js'
import { authorizations } from './scenario/authorization.js'
import { clientAuthentications } from './scenario/client-authentication.js'
import { deviceGrants } from './scenario/device.js'
import { idTokenClaims } from './scenario/id-token.js'
import { keySets } from './scenario/key-set.js'
import { refreshes } from './scenario/refresh.js'
import { signatures } from './scenario/signature.js'
import { tokenResponses } from './scenario/token-response.js'
import { userinfos } from './scenario/userinfo.js'
import type { Chapter } from './scenario.js'

/** Every scenario, in the order of the table. */
export const chapters: readonly Chapter[] = [
  authorizations,
  tokenResponses,
  clientAuthentications,
  idTokenClaims,
  signatures,
  keySets,
  userinfos,
  refreshes,
  deviceGrants,
  securityBestPractice,
]
