// Makes the tag for other pages: dist/embed.js, under a name that never changes, with the names of
// the hashed files that it loads, and the one style sheet of the chat within it.
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const source = join(dirname(fileURLToPath(import.meta.url)), "../../client/embed");

/** What the tag's frame is drawn with before the chat is there. */
const FRAME = ["tokens", "base"];

/**
 * What the chat itself does without: the tokens, which the frame has, and what is only the me-page's.
 * The ground it gets once more, since a sheet of the frame's would come after the chat's own.
 */
const NOT_CHAT = ["tokens", "site", "prose", "styleguide"];

export async function embed(folder, styles) {
  const names = await readdir(folder);
  const find = (stem, end) => {
    const found = names.filter((name) => new RegExp(`^${stem}-[0-9a-f]+${end}$`).test(name));
    if (found.length !== 1) throw new Error(`embed.mjs: ${found.length} files named ${stem}-<hash>${end} in ${folder}, not one`);
    return found[0];
  };
  const sheets = (wanted) => Array.from(styles).filter(([name]) => wanted(name)).map(([, css]) => css).join("");
  const own = await readFile(join(source, "embed.css"), "utf8");
  const ground = sheets((name) => FRAME.includes(name));
  const frameStyle = inShadow(`@layer ground{${ground}}${tight(own)}`);
  const chat = inShadow(sheets((name) => !NOT_CHAT.includes(name)));
  const chatStyle = `embed-${createHash("sha256").update(chat).digest("hex").slice(0, 16)}.css`;
  await writeFile(join(folder, chatStyle), chat);

  const program = find("realtid-client", ".js");
  const wasm = find("realtid-client", "_bg.wasm");
  const script = await readFile(join(source, "embed.js"), "utf8");
  const built = JSON.stringify({ program, wasm, chatStyle, frameStyle });
  await writeFile(join(folder, "embed.js"), script.replace("__BUILT__", () => built));
}

/** Without comments and indentation. */
function tight(css) {
  return css.replace(/\/\*[^]*?\*\//g, "").replace(/\s+/g, " ");
}

/**
 * The same styles for a shadow root: its host is their root, and their unit is one that the page's
 * own root font size does not change, since that is often made 10 px for easy sums. The conditions
 * of at-rules keep theirs.
 */
function inShadow(css) {
  const lengths = /(@(?:media|container)[^{]*)|(?<![\w.#-])(-?(?:\d+\.?\d*|\.\d+))rem\b/g;
  return (
    ":host{--unit:var(--realtid-size,max(1rem,16px))}" +
    css.replaceAll(":root", ":host").replace(lengths, (all, rule, length) => (rule ? all : `calc(${length}*var(--unit))`))
  );
}
