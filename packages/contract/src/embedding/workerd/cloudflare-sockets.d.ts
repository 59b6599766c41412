/** The part of workerd's built-in module that is used here. */
declare module "cloudflare:sockets" {
  export interface Socket {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
    readonly opened: Promise<{ readonly remoteAddress?: string; readonly localAddress?: string }>;
    readonly closed: Promise<void>;
    close(): Promise<void>;
  }
  export interface SocketOptions {
    readonly secureTransport?: "off" | "on" | "starttls";
    /** Without it the writing side is closed when the peer has sent its FIN. */
    readonly allowHalfOpen?: boolean;
  }
  export function connect(address: { readonly hostname: string; readonly port: number } | string, options?: SocketOptions): Socket;
}
