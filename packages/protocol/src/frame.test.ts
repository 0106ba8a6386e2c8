import { describe, expect, it } from "vitest";
import { clientShapes, gatewayShapes } from "../test/frame-shapes.ts";
import { optionalFields, type Shape, unknownFields, wrongFields } from "../test/guards.ts";
import type { Frame } from "./frame.ts";
import { decodeFrame, encodeFrame } from "./frame-codec.ts";
import { jsonFault, measureJsonText, utf8Bytes } from "./json-limits.ts";
import { LIMITS } from "./limits.ts";

declare global {
  interface ImportMeta {
    /** Vite's: the modules of a pattern by their path. */
    glob<T>(pattern: string, options: { readonly eager: true; readonly import: "default" }): Record<string, T>;
  }
}

interface Accepted {
  readonly name: string;
  readonly direction: "client" | "gateway";
  readonly frame: Frame;
}

interface Rejected {
  readonly name: string;
  readonly frame?: object;
  readonly text?: string;
  readonly verdict: { readonly close?: number; readonly error?: string };
}

const acceptFiles = import.meta.glob<Accepted[]>("../fixtures/accept/*.json", { eager: true, import: "default" });
const rejectFiles = {
  ...import.meta.glob<Rejected[]>("../fixtures/reject/*.json", { eager: true, import: "default" }),
  ...import.meta.glob<Rejected[]>("../fixtures/reject-first/*.json", { eager: true, import: "default" }),
};

const accepted = Object.entries(acceptFiles).flatMap(([file, cases]) =>
  cases.map((each) => ({ ...each, title: `${file.replace("../fixtures/", "")}: ${each.name}` })),
);
const rejected = Object.entries(rejectFiles).flatMap(([file, cases]) =>
  cases.map((each) => ({ ...each, title: `${file.replace("../fixtures/", "")}: ${each.name}` })),
);

type AnyShape = Shape<Record<string, unknown>>;
const shapes = { client: clientShapes, gateway: gatewayShapes } as unknown as Readonly<
  Record<string, Readonly<Record<string, readonly AnyShape[]>>>
>;
/** Every frame of the protocol: who writes it, its `t`, and the shape it then has. */
const kinds = Object.entries(shapes).flatMap(([direction, ofDirection]) =>
  Object.entries(ofDirection).flatMap(([t, ofFrame]) =>
    ofFrame.map((shape, at) => ({
      direction,
      t,
      shape,
      title: `${direction}'s ${t}${at === 0 ? "" : ` (${at + 1})`}`,
    })),
  ),
);

function casesOf(direction: string, t: string, shape: AnyShape): Accepted[] {
  return accepted.filter(
    (each) => each.direction === direction && each.frame.t === t && wrongFields(shape, each.frame).length === 0,
  );
}

describe("the golden frames to accept", () => {
  it.each(accepted)("$title has the shape of its type and lies within the bounds", ({ direction, frame }) => {
    const candidates = shapes[direction]?.[frame.t] ?? [];
    const fits = candidates.filter((shape) => wrongFields(shape, frame).length === 0);
    expect(fits, JSON.stringify(candidates.map((shape) => wrongFields(shape, frame)))).not.toEqual([]);
    const beside = fits.map((shape) => unknownFields(shape, frame).filter((field) => !field.startsWith("future")));
    expect(beside).toContainEqual([]);

    const text = encodeFrame(frame);
    expect(decodeFrame(text)).toEqual(frame);
    if (direction !== "client") return;
    expect(measureJsonText(text, LIMITS.depthMax, LIMITS.keysMax)).toBeNull();
    expect(jsonFault(frame, LIMITS.depthMax, LIMITS.keysMax)).toBeNull();
    expect(utf8Bytes(text)).toBeLessThanOrEqual(frame.t === "hello" ? LIMITS.helloBytesMax : LIMITS.frameBytesMax);
    if (frame.t !== "send") return;
    expect(utf8Bytes(JSON.stringify(frame.body ?? {}))).toBeLessThanOrEqual(LIMITS.bodyBytesMax);
  });

  it.each(kinds)("$title is there with and without each field that may be absent", ({ direction, t, shape }) => {
    const cases = casesOf(direction, t, shape);
    expect(cases).not.toEqual([]);
    // Present state is folded into pages; the log's own events never have it.
    const folded = t === "event" ? ["deleted", "edited", "reactions", "replies"] : [];
    const fields = optionalFields(shape).filter((field) => !folded.includes(field));
    expect(fields.filter((field) => !cases.some((each) => Object.hasOwn(each.frame, field)))).toEqual([]);
    expect(fields.filter((field) => cases.every((each) => Object.hasOwn(each.frame, field)))).toEqual([]);
  });

  it("stand in the file of their t, but for those at a bound", () => {
    for (const [file, cases] of Object.entries(acceptFiles)) {
      const name = file.replace("../fixtures/accept/", "").replace(".json", "");
      if (!["bounds", "sizes", "hello-size"].includes(name)) {
        expect(new Set(cases.map((each) => each.frame.t))).toEqual(new Set([name]));
      }
    }
  });

  it("reach each bound exactly", () => {
    const texts = accepted.map((each) => encodeFrame(each.frame));
    const reaches = (measure: (text: string) => boolean): boolean => texts.some(measure);
    expect(reaches((text) => measureJsonText(text, LIMITS.depthMax - 1, LIMITS.keysMax) === "depth")).toBe(true);
    expect(reaches((text) => measureJsonText(text, LIMITS.depthMax, LIMITS.keysMax - 1) === "keys")).toBe(true);
    expect(reaches((text) => utf8Bytes(text) === LIMITS.frameBytesMax)).toBe(true);
    expect(reaches((text) => utf8Bytes(text) === LIMITS.helloBytesMax)).toBe(true);
    const bodies = accepted.flatMap(({ frame }) =>
      frame.t === "send" && frame.body ? [JSON.stringify(frame.body)] : [],
    );
    expect(bodies.filter((body) => utf8Bytes(body) === LIMITS.bodyBytesMax)).toHaveLength(2);
  });
});

describe("the golden frames to reject", () => {
  it("are written as their README says", () => {
    for (const { title, frame, text, verdict } of rejected) {
      expect(Number(frame === undefined) + Number(text === undefined), title).toBe(1);
      expect(Object.keys(verdict), title).toHaveLength(1);
      expect([1009, 4500, 4506, undefined], title).toContain(verdict.close);
      expect(["invalid", "too_large", undefined], title).toContain(verdict.error);
    }
  });

  it.each(rejected.filter((each) => each.verdict.close === 4500 && !each.title.startsWith("reject-first")))(
    "$title is malformed to the codec alone",
    ({ frame, text = JSON.stringify(frame) }) => {
      const measured = measureJsonText(text, LIMITS.depthMax, LIMITS.keysMax);
      expect(measured !== null || decodeFrame(text) === null).toBe(true);
    },
  );

  it.each(rejected.filter((each) => each.title.includes("characters.json")))(
    "$title has a fault that jsonFault finds",
    ({ text = "" }) => {
      expect(["nul", "surrogate", "proto"]).toContain(jsonFault(decodeFrame(text), LIMITS.depthMax, LIMITS.keysMax));
    },
  );

  it("are larger than the bound by one byte", () => {
    const sizeOf = (file: string): number[] =>
      rejected
        .filter((each) => each.title.includes(file))
        .map(({ frame }) =>
          utf8Bytes(JSON.stringify(file === "body-size" ? (frame as { body: unknown }).body : frame)),
        );
    expect(sizeOf("body-size")).toEqual([LIMITS.bodyBytesMax + 1, LIMITS.bodyBytesMax + 1]);
    expect(sizeOf("frame-size")).toEqual([LIMITS.frameBytesMax + 1]);
  });
});

it("golden frames have names that are unique in their file", () => {
  const files: Readonly<Record<string, readonly { readonly name: string }[]>> = { ...acceptFiles, ...rejectFiles };
  expect(Object.keys(files).length).toBeGreaterThan(40);
  for (const cases of Object.values(files)) {
    expect(cases.length).toBeGreaterThan(0);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  }
});
