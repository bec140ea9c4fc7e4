export interface Gate {
  readonly passed: Promise<void>
  readonly open: () => void
}

/** A moment that is waited for. */
export function gate(): Gate {
  let open = () => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open }
}
