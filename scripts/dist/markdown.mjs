// The program for Markdown gets a name with a hash, as Trunk gives to all else that it builds: it
// leaves those of `data-type="worker"` alone, since they may be named elsewhere.
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shrink } from "./shrink.mjs";

const NAME = "realtid-markdown";

export async function markdown(folder, release) {
  let wasm = await readFile(join(folder, `${NAME}_bg.wasm`));
  let glue = await readFile(join(folder, `${NAME}.js`), "utf8");
  if (release) ({ wasm, glue } = shrink(wasm, glue));
  // SeaHash is Trunk's; any will do, as long as the name looks the same to those who cache by it.
  const hash = createHash("sha256").update(wasm).update(glue).digest("hex").slice(0, 16);
  const named = `${NAME}-${hash}`;
  await writeFile(join(folder, `${named}_bg.wasm`), wasm);
  await writeFile(join(folder, `${named}.js`), glue.replaceAll(`${NAME}_bg.wasm`, `${named}_bg.wasm`));
  for (const end of ["_bg.wasm", ".js"]) await rm(join(folder, NAME + end));
  const index = join(folder, "index.html");
  const page = await readFile(index, "utf8");
  if (!page.includes(`"./${NAME}.js"`)) throw new Error(`index.html does not import "./${NAME}.js"`);
  await writeFile(index, page.replace(`"./${NAME}.js"`, `"./${named}.js"`));
}
