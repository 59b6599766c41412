// Published without types; what the tests use of them.
declare module "express" {
  import type { RequestListener } from "node:http";
  interface Application extends RequestListener {
    get(path: string, handler: (request: unknown, response: { send(body: string): void }) => void): this;
  }
  export default function express(): Application;
}
declare module "koa" {
  import type { RequestListener } from "node:http";
  export default class Koa {
    use(middleware: (context: { body: string }) => void): this;
    callback(): RequestListener;
  }
}
