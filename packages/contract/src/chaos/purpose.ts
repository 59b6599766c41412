/** What the driver throws on purpose: nothing else may reach `onError`. */
export class Purpose extends Error {
  override readonly name = "Purpose";

  constructor() {
    super("on purpose");
  }
}
