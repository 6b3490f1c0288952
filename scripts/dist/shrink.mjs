// A program as it goes over the wire. Between wasm and its glue wasm-bindgen names everything by
// hashes, which do not compress: here they are numbered. Then the glue is minified.
import { execFileSync } from "node:child_process";

const [IMPORTS, EXPORTS, FUNCTION] = [2, 7, 0];

/** What another name would not reach any more: who loads the program may use these. */
const HASH = /[0-9a-f]{16}/;

export function shrink(wasm, glue) {
  const names = new Map();
  const renamed = (name) => {
    if (!names.has(name)) names.set(name, `_${names.size.toString(36)}`);
    return names.get(name);
  };
  const small = rename(wasm, renamed);
  if (/\b_[0-9a-z]{1,2}\b/.test(glue)) throw new Error("shrink.mjs: the glue has names of the form of the new ones");
  const words = glue.replace(/"\.\/[\w.-]+"|\w+/g, (word) => {
    const quoted = word.startsWith('"');
    const name = names.get(quoted ? word.slice(1, -1) : word);
    return name && quoted ? `"${name}"` : (name ?? word);
  });
  return { wasm: small, glue: minified(words) };
}

function minified(script) {
  try {
    return execFileSync("terser", ["--module", "--compress", "passes=2", "--mangle"], { input: script, encoding: "utf8" });
  } catch (error) {
    throw error.code === "ENOENT" ? new Error("shrink.mjs: terser is not installed: run scripts/setup") : error;
  }
}

/** The module with other names for its imports, and for those of its exports that have hashes. */
function rename(wasm, renamed) {
  const parts = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at];
    const body = new Reader(wasm, at + 1);
    const end = body.number() + body.at;
    const content = [IMPORTS, EXPORTS].includes(id) ? section(body, id, renamed) : wasm.subarray(body.at, end);
    parts.push(Buffer.of(id), number(content.length), content);
    at = end;
  }
  return Buffer.concat(parts);
}

function section(body, id, renamed) {
  const count = body.number();
  const parts = [number(count)];
  for (let i = 0; i < count; i += 1) {
    if (id === IMPORTS) parts.push(text(renamed(body.text())));
    const name = body.text();
    parts.push(text(id === IMPORTS || HASH.test(name) ? renamed(name) : name));
    const kind = body.number();
    // What other kinds of imports are described by is longer.
    if (id === IMPORTS && kind !== FUNCTION) throw new Error(`shrink.mjs: the import ${name} is no function`);
    parts.push(number(kind), number(body.number()));
  }
  return Buffer.concat(parts);
}

class Reader {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  /** LEB128. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  text() {
    const length = this.number();
    this.at += length;
    return this.bytes.toString("utf8", this.at - length, this.at);
  }
}

function number(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}

function text(words) {
  const bytes = Buffer.from(words);
  return Buffer.concat([number(bytes.length), bytes]);
}
