import type { Redis } from './redis-token-store.js'

/**
 * The sign-ins of people: each has tokens of its own at xAI, and a session is good as long as its sign-in is listed
 * here. So all of somebody's sign-ins can be ended, whichever browser and process they began in.
 */
export class SignIns {
  /** @param keepFor seconds after a person was seen last */
  constructor(
    private readonly redis: Redis,
    private readonly keepFor: number,
  ) {}

  async add(person: string, signIn: string): Promise<void> {
    await this.redis.multi().sAdd(nameOf(person), signIn).expire(nameOf(person), this.keepFor).exec()
  }

  async has(person: string, signIn: string): Promise<boolean> {
    const name = nameOf(person)
    const [isMember] = await this.redis.multi().sIsMember(name, signIn).expire(name, this.keepFor).exec()
    return Number(isMember) === 1
  }

  list(person: string): Promise<string[]> {
    return this.redis.sMembers(nameOf(person))
  }

  async remove(person: string, signIn: string): Promise<void> {
    await this.redis.sRem(nameOf(person), signIn)
  }
}

const nameOf = (person: string): string => `xai-sign-ins:${person}`
