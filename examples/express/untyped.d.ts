// In your app these come from @types/compression and @types/express-session.
declare module "compression" {
  import type { RequestHandler } from "express";
  export default function compression(): RequestHandler;
}

declare module "express-session" {
  import type { RequestHandler } from "express";
  export default function session(options: object): RequestHandler;
}

declare namespace Express {
  interface Request {
    session: { user?: string };
  }
}
