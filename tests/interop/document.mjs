// Opens an exported document with the JavaScript implementation of Automerge and prints
// what it finds: its heads, how many changes made it, and its records.

import { readFileSync } from "node:fs";
import * as Automerge from "@automerge/automerge";

const plain = (value) => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (value instanceof Automerge.ImmutableString) return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === "object" && !(value instanceof Date)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  return typeof value === "bigint" ? Number(value) : value;
};

const document = Automerge.load(readFileSync(process.argv[2]));
const records = Object.entries(document.records).map(([id, held]) => [id, plain(held.record)]);
console.log(
  JSON.stringify({
    heads: Automerge.getHeads(document).toSorted(),
    changes: Automerge.getAllChanges(document).length,
    records: Object.fromEntries(records),
  }),
);
