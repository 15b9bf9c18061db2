type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** `exactly<Type>()(value)` compiles only when the value's type is that type, neither wider nor narrower nor `any`. */
export const exactly =
  <Expected>() =>
  <Actual>(
    _value: Actual,
    ..._verdict: Same<Expected, Actual> extends true ? [] : ['the types differ']
  ): void => {}
