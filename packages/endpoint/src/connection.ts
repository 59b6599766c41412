/** One WebSocket connection. */
export class Connection<Context = undefined> {
  readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }
}
