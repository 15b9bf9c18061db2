/** What may go wrong at xAI in a sign-in, and the error that it must end in; without one, the sign-in succeeds. */
export const faults = {
  'connection reset': { code: 'xai_token_exchange_failed', status: 502 },
  'used connection closed': undefined,
  'cut in the body': { code: 'xai_token_exchange_failed', status: 502 },
  'not HTTP': { code: 'xai_token_exchange_failed', status: 502 },
  'not JSON': { code: 'xai_token_exchange_invalid', status: 502 },
  'oversized body': { code: 'xai_token_exchange_invalid', status: 502 },
  'HTTP 503': { code: 'xai_token_exchange_failed', status: 503 },
  'forged id_token': { code: 'xai_id_token_invalid', status: 502 },
  'userinfo fails': { code: 'xai_userinfo_failed', status: 500 },
  'userinfo is cut': { code: 'xai_userinfo_failed', status: 502 },
  'no response': { code: 'xai_token_exchange_failed', status: 504 },
} as const

export type Fault = keyof typeof faults

const names = Object.keys(faults) as Fault[]
const quick = names.filter((name) => name !== 'no response')

/** The fault of the nth sign-in: one in 20 has one; one in 2,000 gets no response, because that takes 20 seconds. */
export function faultOf(number: number): Fault | undefined {
  if (number % 20 !== 19) return undefined
  const which = Math.floor(number / 20)
  return which % 100 === 30 ? 'no response' : quick[which % quick.length]
}

/** How a device sign-in ends; its user code begins with it. */
export const fates = { APPROVED: undefined, DENIED: 'access_denied', LATE: 'xai_device_expired' } as const

export type Fate = keyof typeof fates

export const fateOf = (number: number): Fate =>
  number % 25 === 9 ? 'DENIED' : number % 25 === 17 ? 'LATE' : 'APPROVED'
