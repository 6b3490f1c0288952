// Every page gets a file of its own at its address, so that any static host serves it, with a title
// and the tags that links to it are shown by: those who make previews run no program. It comes
// along into the built folder, where an owner with Node may run it after editing:
// `node pages.mjs`. Without it the site still works; only new pages' links then tell nothing.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const SELF = fileURLToPath(import.meta.url);

/** As in the program: `client/src/i18n`. */
const WORDS = {
  sv: { reports: "Redovisning", chat: "Chatt", notFound: "Den sidan finns inte" },
  en: { reports: "Reports", chat: "Chat", notFound: "No such page" },
};

/** What stands between these is written anew each time. */
const [BEGIN, END] = ["<!-- this page -->", "<!-- /this page -->"];

/** In a release Trunk takes the quotes away. */
const BASE = /<base href="?([^">\s]*)"?\s*\/?>/;

export async function pages(folder) {
  const shell = await readFile(join(folder, "index.html"), "utf8");
  const config = await settings(folder);
  const languages = config.languages?.length ? config.languages : Object.keys(WORDS);
  const [lang] = languages;
  const words = WORDS[lang] ?? WORDS.en;
  const said = (text) => (typeof text === "string" ? text : (text?.[lang] ?? Object.values(text ?? {})[0] ?? ""));

  const about = { path: "", title: config.owner, description: said(config.description) };
  const inside = (path, title, description) => ({
    path,
    title: `${title} · ${config.owner}`,
    description: description || about.description,
  });
  const rooms = config.chat?.rooms ?? [];
  const all = [about, inside("reports/", words.reports), inside("chat/", words.chat, said(rooms[0]?.topic))];
  for (const { name, topic } of rooms) {
    // A name that is no folder's has the page all the same, by a click.
    if (/[/\\]|^\.{0,2}$/.test(name)) continue;
    all.push(inside(`chat/${encodeURIComponent(name)}/`, words.chat, said(topic)));
  }
  for (const slug of config.reports ?? []) {
    const { title, description } = await matter(folder, languages, slug);
    all.push({ ...inside(`reports/${encodeURIComponent(slug)}/`, title || slug, description), article: true });
  }
  for (const page of all) {
    const file = join(folder, decodeURIComponent(page.path), "index.html");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, written(shell, config, lang, page));
  }
  const missing = { ...inside("", words.notFound), path: null };
  await writeFile(join(folder, "404.html"), written(shell, config, lang, missing));
  const copy = join(folder, "pages.mjs");
  if (SELF !== copy) await copyFile(SELF, copy);
}

async function settings(folder) {
  const file = join(folder, "content/config.json");
  const json = (await readFile(file, "utf8")).replace(/^\uFEFF/, "");
  let config;
  try {
    config = JSON.parse(json);
  } catch (error) {
    throw new Error(`${file}: ${error.message}`);
  }
  if (typeof config.owner !== "string" || !config.owner) throw new Error(`${file}: "owner" must not be missing or empty`);
  return config;
}

/** What a report says about itself, in the first of the languages that has it: `client/src/me/matter.rs`. */
async function matter(folder, languages, slug) {
  for (const lang of languages) {
    const text = await readFile(join(folder, "content", lang, `${slug}.md`), "utf8").catch(() => null);
    if (text === null) continue;
    const [first, ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
    const end = first.trimEnd() === "---" ? lines.findIndex((line) => line.trim() === "---") : 0;
    const fields = {};
    for (const line of lines.slice(0, Math.max(end, 0))) {
      const [, key, value] = /^\s*([^#:\s][^:]*?)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
      if (key) fields[key] = value.replace(/^(["'])(.*)\1$/, "$2");
    }
    return fields;
  }
  return {};
}

/** The page's file: the shell, with what this page says about itself, and the way to the site's folder. */
function written(shell, config, lang, page) {
  const site = config.address ? config.address.replace(/\/*$/, "/") : "";
  const base = BASE.exec(shell)?.[1] ?? "/";
  const tags = [`<title>${escaped(page.title)}</title>`];
  const meta = (name, key, value) => value && tags.push(`<meta ${name}="${key}" content="${escaped(value)}" />`);
  const depth = page.path === null ? 0 : page.path.split("/").length - 1;
  const up = base.startsWith(".") ? "../".repeat(depth) || "./" : base;

  const image = config.preview || config.portrait?.src || "";
  const whole = (path) => (/^[a-z]+:/i.test(path) ? path : (site || up) + path.replace(/^\//, ""));
  meta("name", "description", page.description);
  meta("property", "og:title", page.title);
  meta("property", "og:description", page.description);
  meta("property", "og:type", page.article ? "article" : "website");
  meta("property", "og:image", image && whole(image));
  meta("name", "twitter:card", image ? "summary_large_image" : "summary");
  if (page.path === null) {
    meta("name", "robots", "noindex");
  } else if (site) {
    meta("property", "og:url", site + page.path);
    tags.push(`<link rel="canonical" href="${escaped(site + page.path)}" />`);
  }

  if (base.startsWith(".")) tags.unshift(`<script>${page.path === null ? missingBase(site) : knownBase(depth)}</script>`);
  const head = `${BEGIN}${tags.join("\n    ")}${END}`;
  const here = shell.includes(BEGIN) ? new RegExp(`${BEGIN}.*?${END}`, "s") : /<title>.*?<\/title>/s;
  return shell
    .replace(BASE, () => `<base href="${escaped(up)}" />`)
    .replace(here, () => head)
    .replace(/<html lang="?[\w-]+"?/, () => `<html lang="${escaped(lang)}"`);
}

/** A base that is relative would move with the address in the bar: it is made whole before anything follows it. */
function knownBase(depth) {
  return `{const parts=location.pathname.replace(/(\\/index\\.html|\\/)?$/,"").split("/");` +
    `document.querySelector("base").href=parts.slice(0,parts.length-${depth}).join("/")+"/"}`;
}

/** A host sends this page for any address: where the site's folder is, its settings tell, or else the form of the address. */
function missingBase(site) {
  const folder = site
    ? JSON.stringify(new URL(site).pathname).replaceAll("<", "\\u003c")
    : `location.pathname.replace(/(chat|reports)(\\/[^/]*)?\\/?$/,"").replace(/[^/]*$/,"")`;
  return `document.querySelector("base").href=${folder}`;
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
}

if (argv[1] && fileURLToPath(import.meta.url) === argv[1]) {
  await pages(dirname(SELF)).catch((error) => {
    console.error(`pages.mjs: ${error.message}`);
    process.exitCode = 1;
  });
}
