import { describe, expect, it } from "vitest";
import { Changes } from "./changes.ts";
import { KeyedCells } from "./keyed-cells.ts";

function make() {
  const changes = new Changes();
  const values = new Map([
    ["a", 1],
    ["b", 1],
  ]);
  const watched: string[] = [];
  const cells = new KeyedCells<number>(changes, {
    value: (key) => values.get(key) ?? 0,
    watched: (key, on) => watched.push(`${key} ${on}`),
  });
  const set = (key: string, value: number): void =>
    changes.run(() => {
      values.set(key, value);
      cells.touch(key);
    });
  return { changes, values, watched, cells, set };
}

describe("KeyedCells", () => {
  it("gives the value as it is, also where nobody was told of a change", () => {
    const { values, cells } = make();
    const live = cells.of("a");
    values.set("a", 7);
    expect([live.current, cells.of("a").current, [...cells.keys]]).toEqual([7, 7, []]);
  });

  it("tells listeners of their key alone, of changes alone", () => {
    const { changes, cells, set } = make();
    const heard: string[] = [];
    cells.of("a").subscribe((value) => heard.push(`one ${value}`));
    cells.of("a").subscribe((value) => heard.push(`two ${value}`));
    cells.of("b").subscribe((value) => heard.push(`b ${value}`));
    set("a", 2);
    set("a", 2);
    changes.run(() => cells.touch());
    expect(heard).toEqual(["one 2", "two 2"]);
    set("b", 3);
    expect(heard.length).toBe(3);
  });

  it("I25: says who is listened to, the first time and the last", () => {
    const { watched, cells } = make();
    const one = cells.of("a").subscribe(() => {});
    const two = cells.of("a").subscribe(() => {});
    cells.of("b").subscribe(() => {})();
    one();
    expect([watched, [...cells.keys]]).toEqual([["a true", "b true", "b false"], ["a"]]);
    two();
    two();
    expect([watched.slice(3), [...cells.keys]]).toEqual([["a false"], []]);
  });
});
