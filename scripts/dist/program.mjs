// Puts the page's program into the place of what Trunk made of it: smaller, and so under another name.
import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shrink } from "./shrink.mjs";

/** As the page has it, so that a browser takes nothing else. */
const integrity = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;

export async function program(folder) {
  const found = (await readdir(folder)).filter((name) => /^realtid-client-[0-9a-f]+\.js$/.test(name));
  if (found.length !== 1) throw new Error(`program.mjs: ${found.length} files named realtid-client-<hash>.js in ${folder}, not one`);
  const old = found[0].slice(0, -".js".length);
  const read = (end) => readFile(join(folder, old + end));
  const before = { "_bg.wasm": await read("_bg.wasm"), ".js": await read(".js") };
  const { wasm, glue } = shrink(before["_bg.wasm"], before[".js"].toString());
  const hash = createHash("sha256").update(wasm).update(glue).digest("hex").slice(0, 16);
  const index = join(folder, "index.html");
  let page = (await readFile(index, "utf8")).replaceAll(old, `realtid-client-${hash}`);
  for (const [end, bytes] of [["_bg.wasm", wasm], [".js", glue]]) {
    if (!page.includes(integrity(before[end]))) throw new Error(`program.mjs: index.html does not tell the integrity of ${old}${end}`);
    page = page.replace(integrity(before[end]), () => integrity(bytes));
    await rm(join(folder, old + end));
    await writeFile(join(folder, `realtid-client-${hash}${end}`), bytes);
  }
  await writeFile(index, page);
}
