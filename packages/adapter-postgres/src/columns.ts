const TO_ESCAPE = /["\\]/;
const ALL_TO_ESCAPE = /["\\]/g;

/**
 * Rows as `width` arrays, one for each column, in PostgreSQL's own notation: with hundreds of rows the driver's way of
 * writing them, which has to look at each value for much more, costs more than twice as much.
 */
export function columns(rows: readonly (readonly unknown[])[], width: number): string[] {
  return Array.from({ length: width }, (_, n) => column(rows, (row) => row[n]));
}

/** The same of objects: an array for each of these fields. */
export function fieldColumns<Row extends object>(rows: readonly Row[], fields: readonly (keyof Row)[]): string[] {
  return fields.map((field) => column(rows, (row) => row[field]));
}

/** A column of nulls alone is empty: `unnest` fills up what is shorter than the others. */
function column<Row>(rows: readonly Row[], read: (row: Row) => unknown): string {
  let text = "";
  let isFilled = false;
  for (const row of rows) {
    const value = read(row);
    isFilled ||= value !== null && value !== undefined;
    text += text === "" ? cell(value) : `,${cell(value)}`;
  }
  return isFilled ? `{${text}}` : "{}";
}

function cell(value: unknown): string {
  if (typeof value !== "string") return value === null || value === undefined ? "NULL" : String(value);
  return TO_ESCAPE.test(value) ? `"${value.replace(ALL_TO_ESCAPE, "\\$&")}"` : `"${value}"`;
}
