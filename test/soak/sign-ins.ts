import { endingOf } from '../support/application.js'
import { type Fault, faultOf, faults } from './fault.js'
import { checkHeap, count, mebibytes, onStage, type Stage } from './stage.js'

/** Signs people in, 64 at a time, while one in 20 meets a fault at xAI. Gives rows of the figure. */
export const soakSignIns = ({ warmUp, all }: { warmUp: number; all: number }): Promise<string[]> =>
  onStage({ grant: 'code' }, async (stage) => {
    const started = performance.now()
    let next = 0
    const signInUntil = async (end: number): Promise<number> => {
      const browse = async (_: unknown, index: number): Promise<void> => {
        const get = stage.openBrowser(index)
        while (next < end) await signIn(stage, get, next++)
      }
      await Promise.all(Array.from({ length: 64 }, browse))
      return stage.heap()
    }
    const [warm, last] = [await signInUntil(warmUp), await signInUntil(all)]
    const rate = Math.round((1000 * all) / (performance.now() - started))
    checkHeap(stage.complaints, warm, last)

    const met = Array.from({ length: all }, (_, number) => faultOf(number))
    const times = (fault?: Fault): string => count(met.filter((other) => other === fault).length)
    return [
      `| sign-ins, 64 at a time | ${count(all)}, ${rate} a second |`,
      `| without a fault: success | ${times()} |`,
      ...(Object.keys(faults) as Fault[]).map(
        (fault) => `| ${fault}: ${faults[fault]?.code ?? 'success all the same'} | ${times(fault)} |`,
      ),
      `| heap after ${count(warmUp)} and after all of them, MiB | ${mebibytes(warm)}, ${mebibytes(last)} |`,
    ]
  })

/** One sign-in; the code tells the server which one it is, and what goes wrong in it. */
async function signIn(
  { complaints }: Stage,
  get: ReturnType<Stage['openBrowser']>,
  number: number,
): Promise<void> {
  const fault = faultOf(number)
  const { headers } = await get('/sign-in')
  const { searchParams: asked } = new URL(`${headers.location}`)
  const code = [fault, number, asked.get('nonce'), asked.get('code_challenge')].join('~')
  const ending = endingOf(
    await get(`/callback?${new URLSearchParams({ code, state: `${asked.get('state')}` })}`),
  )
  const expected = fault && faults[fault]
  const isRight = expected
    ? ending.error?.code === expected.code && ending.status === expected.status
    : ending.user?.id === `person-${number}`
  complaints.check(isRight, `sign-in ${number} (${fault ?? 'no fault'}): ${JSON.stringify(ending)}`)
}
