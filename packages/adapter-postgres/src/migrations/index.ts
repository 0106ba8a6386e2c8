import { firstSchema } from "./0001-first-schema.ts";
import { drafts } from "./0002-drafts.ts";

/** Forward only: the nth brings a schema from n − 1 to n. What has been released is never changed. */
export const migrations: readonly string[] = [firstSchema, drafts];
