// What the tests share: a server of their own, and visitors with a browser profile each.
import { type BrowserContextOptions, type Locator, type Page, type WebSocketRoute, expect, test as base } from "@playwright/test";
import { Server } from "./server.ts";

export type Enter = (nick: string, options?: BrowserContextOptions) => Promise<Page>;

/** A project's settings. */
export type Settings = { transport: "direct" | "mounted" };

export const test = base.extend<Settings & {
  flags: string[];
  rates: boolean;
  server: Server;
  open: (options?: BrowserContextOptions) => Promise<Page>;
  enter: Enter;
}>({
  /** How the server serves its sockets; see playwright.config.ts. */
  transport: ["direct", { option: true }],

  /** Settings of the server's own; for `test.use`. */
  flags: [[], { option: true }],

  /** Whether the server's rates hold: tests write faster than people, and all from one address. */
  rates: [false, { option: true }],

  server: async ({ transport, flags, rates }, use) => {
    const server = await Server.start("--transport", transport, ...(rates ? [] : ["--no-rate-limits"]), ...flags);
    await use(server);
    await server.stop();
  },

  /** Opens the chat page in a browser profile of its own. */
  open: async ({ browser, server }, use) => {
    const contexts: { close(): Promise<void> }[] = [];
    await use(async (options) => {
      const context = await browser.newContext({ baseURL: server.url, ...options });
      await context.addInitScript(() => Object.assign(window, { nextFrame: window.requestAnimationFrame.bind(window) }));
      contexts.push(context);
      const page = await context.newPage();
      // A page that throws has failed, whatever it shows.
      page.on("pageerror", (error) => expect(error.stack ?? error.message, "an uncaught error in the page").toBe(""));
      await page.goto("/chat");
      return page;
    });
    for (const context of contexts) await context.close();
  },

  /** Opens the chat page and joins. */
  enter: async ({ open }, use) => {
    await use(async (nick, options) => {
      const page = await open(options);
      await join(page, nick);
      return page;
    });
  },
});

export { expect };

export async function join(page: Page, nick: string): Promise<void> {
  await page.getByTestId("nick-input").fill(nick);
  await page.getByTestId("join-button").click();
  await expect(page.getByTestId("composer")).toBeVisible();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByTestId("composer").fill(text);
  await page.getByTestId("composer").press("Enter");
}

/** The messages whose whole text is `text`, or that match it. */
export function messages(page: Page, text: string | RegExp): Locator {
  const whole = typeof text === "string" ? new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`) : text;
  return page.getByTestId("message").filter({ has: page.getByTestId("message-text").filter({ hasText: whole }) });
}

/** Has somebody say many things at once, over a socket of their own, and leave. */
export async function sayAll(page: Page, nick: string, texts: string[]): Promise<void> {
  await page.evaluate(
    ([nick, texts]) =>
      new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws", "realtid.v1");
        const send = (message: object) => socket.send(JSON.stringify(message));
        let stored = 0;
        socket.onopen = () => send({ type: "join", nick });
        socket.onerror = () => reject(new Error("the socket failed"));
        socket.onmessage = ({ data }) => {
          const { type, message } = JSON.parse(data);
          if (type === "refused") reject(new Error(message));
          if (type === "welcome") texts.forEach((text) => send({ type: "say", id: crypto.randomUUID(), text }));
          if (type === "said" && ++stored === texts.length) send({ type: "leave" });
        };
        socket.onclose = () => resolve();
      }),
    [nick, texts] as const,
  );
}

export type Hear = (message: string, server: WebSocketRoute, page: WebSocketRoute) => void;

/**
 * Puts a test between the page and the server, from a reload on: `hear` gets what the page sends,
 * and hands on what it likes. The line can be cut and mended.
 */
export async function routed(page: Page, hear: Hear = (message, server) => server.send(message)): Promise<{ cut(): void; mend(): void }> {
  const line = await routedAtDoor(page, hear);
  await expect(page.getByTestId("composer")).toBeVisible();
  return line;
}

/** The same for a page that may show the form. */
export async function routedAtDoor(page: Page, hear: Hear): Promise<{ cut(): void; mend(): void }> {
  let dead = false;
  const ends: WebSocketRoute[] = [];
  const cut = () => ends.splice(0).forEach((end) => void end.close({ code: 4000 }));
  await page.routeWebSocket(/\/ws$/, (socket) => {
    // One that is closed before it is open would hang.
    if (dead) return socket.onMessage(() => void socket.close({ code: 4000 }));
    const server = socket.connectToServer();
    ends.push(socket, server);
    socket.onMessage((message) => hear(String(message), server, socket));
  });
  await page.reload();
  return {
    cut: () => {
      dead = true;
      cut();
    },
    mend: () => {
      dead = false;
    },
  };
}

/** Lets a page draw whose clock is the test's: frames are the browser's business again. */
export async function drawsByItself(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.requestAnimationFrame = (window as unknown as { nextFrame: typeof requestAnimationFrame }).nextFrame;
  });
}

/** What a server says that refuses the message. */
export function refusal(message: string, code: string, more: object = {}): string {
  const { type, id } = JSON.parse(message);
  return JSON.stringify({ type: "refused", of: type, code, message: "no", id, ...more });
}

/** Waits until `text` stands there once, stored, with the nick beside it. */
export async function expectSaid(page: Page, nick: string, text: string): Promise<void> {
  const message = messages(page, text);
  await expect(message).toHaveCount(1);
  await expect(message).toHaveAttribute("data-state", "stored");
  await expect(message.getByTestId("message-nick")).toHaveText(nick);
}

/** All texts in the log, in order, also of those far out of view: they have no inner text. */
export async function texts(page: Page): Promise<string[]> {
  return page.getByTestId("message-text").allTextContents();
}
