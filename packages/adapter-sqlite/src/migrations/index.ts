import { firstSchema } from "./0001-first-schema.ts";
import { presentState } from "./0002-present-state.ts";
import { upkeep } from "./0003-upkeep.ts";

/** Forward only: the nth brings a file from schema n − 1 to n. What has been released is never changed. */
export const migrations: readonly string[] = [firstSchema, presentState, upkeep];
