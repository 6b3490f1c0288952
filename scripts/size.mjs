// What a visitor's browser loads for the chat page, compressed as it is served, beside the budget in
// client/size.json. With --parts also what the program is made of.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const { budget } = JSON.parse(readFileSync(join(root, "client/size.json"), "utf8"));

function fail(words) {
  console.error(`size: ${words}`);
  exit(1);
}

function brotli(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).length;
}

/** The page itself and what it names: style sheets, icon, the program and its glue. Markdown is not for the chat. */
function filesOf(page) {
  const html = readFileSync(join(dist, page), "utf8");
  const named = [...html.matchAll(/[\w.-]+-[0-9a-f]{12,16}(?:_bg)?\.(?:js|wasm|css|svg)/g)]
    .map(([name]) => name)
    .filter((name) => !name.startsWith("realtid-markdown"));
  return [page, ...new Set(named), "content/config.json"];
}

function kind(name) {
  if (name.endsWith(".wasm")) return "the program (wasm)";
  if (name.endsWith(".js")) return "its glue (JavaScript)";
  if (name.endsWith(".css")) return "style sheets";
  if (name.endsWith(".html")) return "the page (HTML)";
  return "settings and icon";
}

const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(7);
const row = (name, raw, small) => console.log(`${name.padEnd(24)} ${kb(raw)} ${kb(small)}`);

function total() {
  const page = ["chat/index.html", "index.html"].find((page) => existsSync(join(dist, page)));
  if (!page) fail("there is no dist/: run 'make build' first");
  const kinds = new Map();
  let sum = { raw: 0, small: 0 };
  for (const name of filesOf(page)) {
    const bytes = readFileSync(join(dist, name));
    if (name.endsWith(".wasm") && !existsSync(join(dist, `${name}.br`))) fail("dist/ is a development build: run 'make build' first");
    const size = { raw: bytes.length, small: brotli(bytes) };
    for (const of of [kinds.get(kind(name)) ?? kinds.set(kind(name), { raw: 0, small: 0 }).get(kind(name)), sum]) {
      of.raw += size.raw;
      of.small += size.small;
    }
  }
  console.log(`${"kB".padEnd(24)}     raw  brotli`);
  for (const [name, { raw, small }] of kinds) row(name, raw, small);
  row("in all", sum.raw, sum.small);
  row("budget", 0, budget);
  return sum.small;
}

/** The program before it is stripped, by where its code comes from. */
const PARTS = [
  ["strings and tables", /^data segment/],
  ["chat", /realtid_client\[?\w*\]?::(chat|embed)\b/],
  ["me-page", /realtid_client\[?\w*\]?::me\b/],
  ["state", /realtid_client\[?\w*\]?::(state|store)\b/],
  ["net", /realtid_client\[?\w*\]?::net\b/],
  ["texts", /realtid_client\[?\w*\]?::i18n\b/],
  ["messages (shared)", /\bshared\[?\w*\]?::/],
  ["serde_json", /\bserde/],
  ["yew", /\byew\[?\w*\]?::/],
  ["bindings", /wasm_bindgen|web_sys|js_sys|gloo/],
];

function parts() {
  const folder = join(root, "target/client/wasm32-unknown-unknown/wasm-release");
  const built = existsSync(folder) ? readdirSync(folder).filter((name) => /^realtid.client\.wasm$/.test(name)) : [];
  if (built.length === 0) fail("nothing was built here: run 'make build' first");
  const age = (name) => statSync(join(folder, name)).mtimeMs;
  const newest = built.sort((a, b) => age(b) - age(a))[0];
  const csv = execFileSync("twiggy", ["top", "-n", "1000000", "-f", "csv", join(folder, newest)], { encoding: "utf8", maxBuffer: 1 << 28 });
  const sums = new Map();
  const functions = [];
  for (const line of csv.split("\n").slice(1)) {
    const [, name, bytes] = /^"?(.*?)"?,(\d+),[\d.]+/.exec(line) ?? [];
    // What only wasm-bindgen reads is not in the page's program.
    if (!name || /describe|__wbindgen_d|subsection|custom section/.test(name)) continue;
    const part = PARTS.find(([, of]) => of.test(name))?.[0] ?? "standard library, others";
    sums.set(part, (sums.get(part) ?? 0) + Number(bytes));
    functions.push([Number(bytes), name.replace(/\[[0-9a-f]{16}\]/g, "")]);
  }
  console.log("\nThe program by parts, kB before the last pass (a generic counts for whom it is made):");
  for (const [part, bytes] of [...sums].sort((a, b) => b[1] - a[1])) console.log(`${part.padEnd(24)} ${kb(bytes)}`);
  console.log("\nIts biggest functions, bytes:");
  for (const [bytes, name] of functions.sort((a, b) => b[0] - a[0]).slice(0, 20)) console.log(`${String(bytes).padStart(7)}  ${name.slice(0, 110)}`);
}

const size = total();
if (argv.includes("--parts")) parts();
if (size > budget) fail(`${Math.ceil(size - budget)} bytes over the budget of client/size.json; 'make size ARGS=--parts' shows what is big`);
