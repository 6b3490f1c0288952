// The program for Markdown gets a name with a hash, as Trunk gives to all else that it builds: it
// leaves those of `data-type="worker"` alone, since they may be named elsewhere.
import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const NAME = "realtid-markdown";

export async function markdown(folder) {
  const wasm = await readFile(join(folder, `${NAME}_bg.wasm`));
  const script = await readFile(join(folder, `${NAME}.js`), "utf8");
  // SeaHash is Trunk's; any will do, as long as the name looks the same to those who cache by it.
  const hash = createHash("sha256").update(wasm).update(script).digest("hex").slice(0, 16);
  const named = `${NAME}-${hash}`;
  await rename(join(folder, `${NAME}_bg.wasm`), join(folder, `${named}_bg.wasm`));
  await writeFile(join(folder, `${NAME}.js`), script.replaceAll(`${NAME}_bg.wasm`, `${named}_bg.wasm`));
  await rename(join(folder, `${NAME}.js`), join(folder, `${named}.js`));
  const index = join(folder, "index.html");
  const page = await readFile(index, "utf8");
  if (!page.includes(`"./${NAME}.js"`)) throw new Error(`index.html does not import "./${NAME}.js"`);
  await writeFile(index, page.replace(`"./${NAME}.js"`, `"./${named}.js"`));
}
