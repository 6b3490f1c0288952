// What the tests share whose pages are of another origin than the chat: those of a folder of examples/,
// and small ones of a test's own.
import { dirname, join as path } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContextOptions, Locator, Page } from "@playwright/test";
import { test as base, expect } from "./fixtures.ts";
import { type Answer, file, Pages } from "./pages.ts";

const root = path(dirname(fileURLToPath(import.meta.url)), "..");

/** What the example has in its pages for the chat's address. */
const EXAMPLE_CHAT = "http://127.0.0.1:8080";

type Visit = (what: string, options?: BrowserContextOptions) => Promise<Page>;

export const test = base.extend<{
  example: string;
  allowed: boolean;
  answers: Map<string, Answer>;
  pages: Pages;
  chat: { url: string };
  visit: Visit;
}>({
  /** Where the pages are, below examples/. */
  example: ["static-page", { option: true }],

  /** Whether the server lets the pages' origin in. */
  allowed: [true, { option: true }],

  /** Pages of a test's own, by path. */
  answers: async ({}, use) => use(new Map()),

  /** Where the chat is, once it is: the pages' server starts first, since the chat has to know it. */
  chat: async ({}, use) => use({ url: "" }),

  pages: async ({ answers, chat, example }, use) => {
    const pages = await Pages.start((name) => {
      const own = answers.get(name);
      if (own) return own;
      const body = file(path(root, "examples", example), name === "/" ? "index.html" : name);
      return body && { body: body.toString().replaceAll(EXAMPLE_CHAT, chat.url) };
    });
    await use(pages);
    await pages.stop();
  },

  flags: async ({ pages, allowed }, use) => {
    await use(["--rooms", "lobby,course", ...(allowed ? ["--allow-origin", pages.url] : [])]);
  },

  /** Opens an address of the pages, or a page with that body, in a browser profile of its own. */
  visit: async ({ browser, pages, server, chat, answers }, use) => {
    chat.url = server.url;
    const contexts: { close(): Promise<void> }[] = [];
    await use(async (what, options) => {
      let address = what;
      if (!what.startsWith("/")) {
        address = `/test-${answers.size}.html`;
        answers.set(address, { body: document(server.url, what) });
      }
      const context = await browser.newContext(options);
      contexts.push(context);
      const page = await context.newPage();
      page.on("pageerror", (error) => expect(error.stack ?? error.message, "an uncaught error in the page").toBe(""));
      await page.goto(pages.url + address);
      return page;
    });
    for (const context of contexts) await context.close();
  },
});

export { expect };

/** A page that has the tag's script, and `body`. */
export function document(chat: string, body: string): string {
  return `<!doctype html><html lang="sv"><meta charset="utf-8"><link rel="icon" href="data:,">
<title>En sida</title><script type="module" src="${chat}/embed.js"></script><body>${body}</body></html>`;
}

/** The chat of a room. */
export const tag = (page: Page, room: string): Locator => page.locator(`realtid-chat[room=${room}]`);

/** Puts down which files of the chat a page asks for from now on. */
export function asked(page: Page): string[] {
  const names: string[] = [];
  page.on("request", (request) => names.push(new URL(request.url()).pathname.slice(1)));
  return names;
}

/** Where the keyboard is, by the test's name for it; inside shadow roots, too. */
export function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element && (element.getAttribute("data-testid") ?? (element.id || element.localName));
  });
}

/** Has the page put down what it hears. */
export async function listen(page: Page): Promise<() => Promise<{ type: string; [detail: string]: unknown }[]>> {
  await page.evaluate(() => {
    const heard: object[] = [];
    Object.assign(window, { heard });
    for (const type of ["realtid:message", "realtid:unread"]) {
      document.addEventListener(type, (event) => heard.push({ type, ...(event as CustomEvent).detail }));
    }
  });
  return () => page.evaluate(() => (window as unknown as { heard: { type: string }[] }).heard);
}

/** A file of the built site. */
export function built(name: string): Buffer {
  const bytes = file(path(root, "dist"), name);
  if (!bytes) throw new Error(`there is no ${name} in dist/: run make build first`);
  return bytes;
}
