/** Two generations of this size are kept at most; a process that is busier than that forgets the oldest entries. */
const generationSize = 5_000

/**
 * What happened lately in this process: each entry is kept for its lifetime at least and twice that at most.
 * Sessions are copies that two requests read alike, and cookies can be sent again; this closes the gap where one
 * process gets both requests.
 */
export class Recent<Value> {
  private recent = new Map<string, Value>()
  private older = new Map<string, Value>()
  /** Milliseconds since the epoch. */
  private began = Date.now()

  /** `lifetime` in milliseconds. */
  constructor(private readonly lifetime: number) {}

  get(key: string): Value | undefined {
    return this.recent.get(key) ?? this.older.get(key)
  }

  set(key: string, value: Value): void {
    if (this.recent.size >= generationSize || Date.now() >= this.began + this.lifetime) {
      this.older = this.recent
      this.recent = new Map()
      this.began = Date.now()
    }
    this.recent.set(key, value)
  }
}
