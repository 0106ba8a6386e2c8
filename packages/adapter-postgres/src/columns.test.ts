import { describe, expect, it } from "vitest";
import { columns } from "./columns.ts";

describe("columns", () => {
  it("are arrays in PostgreSQL's notation, in which every text is quoted", () => {
    const rows = [
      [1, "a", true, null],
      [2 ** 53 - 1, "", false, "NULL"],
    ];
    expect(columns(rows, 4)).toEqual(["{1,9007199254740991}", '{"a",""}', "{true,false}", '{NULL,"NULL"}']);
    expect(columns([], 2)).toEqual(["{}", "{}"]);
  });

  it("hold quotes, backslashes, braces and commas as what they are", () => {
    expect(columns([['","'], ["\\"], ["{}"], ['{"text":"a\\"b"}'], ["ä 👍\n"]], 1)).toEqual([
      '{"\\",\\"","\\\\","{}","{\\"text\\":\\"a\\\\\\"b\\"}","ä 👍\n"}',
    ]);
  });
});
