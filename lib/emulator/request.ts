/** A request as the emulator received it; `status` is added when there is a response. */
export interface EmulatorRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Of a repeated parameter, the last value. */
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case; a header that came several times is one string, but `set-cookie`. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Verbatim, as UTF-8; at most 64 KiB, and empty when there was more. */
  readonly body: string
  /** The decoded form, when the body was one; of a repeated parameter, the last value. */
  readonly parameters?: Readonly<Record<string, string>>
  /** The HTTP status of the response; absent while there is none, and for ever when the connection was cut before it. */
  status?: number
}
