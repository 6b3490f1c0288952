// One style sheet for the site, of the several that it is written in: together they compress better,
// and one comes sooner than seven.
import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Joins the sheets in the order in which the page names them. Gives them back by their names. */
export async function styles(folder) {
  const index = join(folder, "index.html");
  const page = await readFile(index, "utf8");
  // In a release Trunk takes the quotes away.
  const links = [...page.matchAll(/<link\b[^>]*?\bhref="?([^">\s]*?)(([\w-]+)-[0-9a-f]+\.css)\b[^>]*>\s*/g)];
  if (links.length === 0) throw new Error("styles.mjs: index.html names no style sheets");
  const sheets = new Map();
  for (const [, , file, name] of links) {
    sheets.set(name, await readFile(join(folder, file), "utf8"));
    await rm(join(folder, file));
  }
  const joined = [...sheets.values()].join("");
  const name = `site-${createHash("sha256").update(joined).digest("hex").slice(0, 16)}.css`;
  await writeFile(join(folder, name), joined);
  const [first] = links;
  const link = `<link rel="stylesheet" href="${first[1]}${name}" />`;
  await writeFile(index, links.reduce((rest, [whole]) => rest.replace(whole, () => (whole === first[0] ? link : "")), page));
  return sheets;
}
