/** Something that is told once. Its promise is made where somebody asks for it: of thousands of streams few do. */
export class Announcement<T> {
  #told: { readonly value: T } | null = null
  #promise: Promise<T> | null = null
  #resolve: ((value: T) => void) | null = null

  get isTold(): boolean {
    return this.#told !== null
  }

  get promise(): Promise<T> {
    this.#promise ??= new Promise((resolve) => {
      if (this.#told) resolve(this.#told.value)
      else this.#resolve = resolve
    })
    return this.#promise
  }

  tell(value: T): void {
    this.#told ??= { value }
    this.#resolve?.(value)
  }
}
