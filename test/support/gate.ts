/** Something that tests wait for instead of sleeping: `passed` is fulfilled once `open` has been called. */
export class Gate {
  declare readonly open: () => void
  readonly passed = new Promise<void>((resolve) => Object.assign(this, { open: resolve }))
}
