import type { Report } from "./report.ts";

/** The report as a table for people, with its goals below. */
export function tableText({ scenario, parameters, main, peers, ratios, goals }: Report): string {
  const told = Object.entries(parameters).filter(([, value]) => value !== null);
  const title = `${scenario}: ${told.map(([name, value]) => `${name} ${value}`).join(", ")}`;
  const figures = [...new Set(peers.flatMap((peer) => Object.keys(peer.figures)))];
  const first = peers[0]?.name ?? "";
  const head = ["peer", ...figures.map((name) => (name === main ? `${name} [quartiles]` : name)), `/ ${first}`];
  const rows = peers.map((peer) => [
    peer.name,
    ...figures.map((name) => {
      const value = peer.figures[name];
      if (value === undefined) return "–";
      return name === main ? `${value} [${peer.quartiles.join("–")}]` : String(value);
    }),
    peer.name === first ? "1" : String(ratios[`${peer.name}/${first}`] ?? "–"),
  ]);
  const promises = peers.map(({ name, guarantees }) => `  ${name}: ${guarantees}`);
  const outcomes = goals.map(
    ({ goal, measured, met }) => `  ${met ? "met   " : "MISSED"} ${goal}: ${Number(measured.toPrecision(3))}`,
  );
  return [
    title,
    columns([head, ...rows]),
    "guarantees",
    ...promises,
    ...(goals.length === 0 ? [] : ["goals", ...outcomes]),
  ].join("\n");
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
