/** Work items of an extension that needs time (a compressor in another thread): run one after the other as the engine asks. */
import type { MessageTransform, TransformFailure, TransformWork } from "@ws/protocol";

export interface ExtensionOwner {
  workDone(work: TransformWork, result: Uint8Array | TransformFailure): void;
  /** The extension threw or rejected. */
  report(error: unknown): void;
}

export class ExtensionWork {
  /** An item for an outgoing message has been begun and not been completed. */
  encoding = false;
  readonly #transform: MessageTransform;
  readonly #owner: ExtensionOwner;

  constructor(transform: MessageTransform, owner: ExtensionOwner) {
    this.#transform = transform;
    this.#owner = owner;
  }

  start(work: TransformWork): void {
    if (work.direction === "encode") this.encoding = true;
    this.#run(work).then(
      (result) => this.#done(work, result),
      (error: unknown) => {
        this.#owner.report(error);
        this.#done(work, { failure: "INVALID_COMPRESSED_PAYLOAD" });
      },
    );
  }

  /** Asynchronous, so that it only rejects. */
  async #run(work: TransformWork): Promise<Uint8Array | TransformFailure> {
    const result: unknown = await this.#transform.run(work);
    if (result instanceof Uint8Array) return result;
    if (typeof (result as TransformFailure | undefined)?.failure === "string") return result as TransformFailure;
    throw new TypeError("the transform's run has to give bytes or a failure");
  }

  #done(work: TransformWork, result: Uint8Array | TransformFailure): void {
    if (work.direction === "encode") this.encoding = false;
    this.#owner.workDone(work, result);
  }
}
