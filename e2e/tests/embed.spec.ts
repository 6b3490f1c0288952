// The tag on a page of another origin, with the server's permission and without.
import { asked, built, document, expect, listen, tag, test } from "../embedding.ts";
import { expectSaid, join, messages, say, sayAll } from "../fixtures.ts";
import { type Answer, Pages } from "../pages.ts";
import type { Page } from "@playwright/test";

test.describe("a page that the server allows", { tag: "@site" }, () => {
  test("has the chat in it, and what is said there reaches everyone", async ({ visit, enter }) => {
    const page = await visit("/");
    const bo = await enter("Bo");
    await join(page, "Åsa");
    await say(page, "från en annan sida");
    await expectSaid(bo, "Åsa", "från en annan sida");
    await say(bo, "från chattens egen");
    await expectSaid(page, "Bo", "från chattens egen");
  });

  test("hears of each message, in events that leave the shadow root", async ({ visit, enter }) => {
    const page = await visit("/");
    const bo = await enter("Bo");
    await sayAll(bo, "Cyrus", ["sagt före besöket"]);
    await join(page, "Åsa");
    const heard = await listen(page);
    await say(page, "mitt");
    await say(bo, "ditt");
    await expectSaid(page, "Bo", "ditt");
    await expect.poll(heard).toHaveLength(2);
    const [mine, other] = await heard();
    expect(mine).toMatchObject({ type: "realtid:message", nick: "Åsa", text: "mitt", room: "lobby", mine: true, seq: 2 });
    expect(other).toMatchObject({ type: "realtid:message", nick: "Bo", text: "ditt", room: "lobby", mine: false, seq: 3 });
    expect(other.id).toBe(await messages(page, "ditt").getAttribute("data-id"));
    expect(new Date(other.at as number).getFullYear()).toBe(new Date().getFullYear());
  });

  test("is told how much is unread while the chat is out of view", async ({ visit, enter }) => {
    const page = await visit(`<realtid-chat room="lobby"></realtid-chat><div style="height:300vh"></div>`);
    const bo = await enter("Bo");
    await join(page, "Åsa");
    const heard = await listen(page);
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await expect(tag(page, "lobby")).not.toBeInViewport();
    await say(bo, "ett");
    await say(bo, "två");
    const unread = async () => (await heard()).filter(({ type }) => type === "realtid:unread");
    await expect.poll(unread).toEqual([1, 2].map((count) => ({ type: "realtid:unread", count, room: "lobby" })));
    await page.evaluate(() => scrollTo(0, 0));
    await expect.poll(async () => (await unread()).at(-1)?.count).toBe(0);
  });

  test("fetches the chat when it comes into view, and no sooner", async ({ visit, pages, answers, server }) => {
    const page = await visit("<p>Först en annan sida</p>");
    answers.set("/long.html", {
      body: document(server.url, `<div style="height:300vh"></div><realtid-chat room="lobby"></realtid-chat>`),
    });
    const names = asked(page);
    await page.goto(`${pages.url}/long.html`);
    await page.waitForFunction(() => customElements.get("realtid-chat"));
    // Had it been begun, it would have been by now: an observer tells where a thing is at once.
    await page.evaluate(() => new Promise((done) => new IntersectionObserver(done).observe(document.querySelector("realtid-chat")!)));
    expect(names.filter((name) => /wasm|client|\.css/.test(name))).toEqual([]);
    await tag(page, "lobby").scrollIntoViewIfNeeded();
    await expect(page.getByTestId("nick-input")).toBeVisible();
    expect(names.filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
  });

  test("has its own look, type and lines, whatever the page does to its elements", async ({ visit }) => {
    const rude = `<style>html { font-size: 62.5% } * { letter-spacing: 3px; text-transform: uppercase }
      h1, button, input { all: unset !important } realtid-chat { color: red }</style><realtid-chat room="lobby"></realtid-chat>`;
    const look = (page: Page) =>
      page.getByRole("heading", { name: "Vad ska vi kalla dig?" }).evaluate((heading) => {
        const { fontSize, fontFamily, letterSpacing, textTransform, color } = getComputedStyle(heading);
        return { fontSize, fontFamily, letterSpacing, textTransform, color };
      });
    const kind = await look(await visit(`<realtid-chat room="lobby"></realtid-chat>`));
    expect(await look(await visit(rude))).toEqual(kind);
    expect(kind.fontSize).toBe("40px");
  });

  test("leaves the page its title, its own styles and its shortcuts", async ({ visit, enter }) => {
    const page = await visit(`<h1>Sidan</h1><button>Knapp</button><realtid-chat room="lobby"></realtid-chat>`);
    const bo = await enter("Bo");
    await page.evaluate(() => {
      Object.assign(window, { keys: [] });
      document.addEventListener("keydown", ({ key }) => (window as unknown as { keys: string[] }).keys.push(key));
    });
    await join(page, "Åsa");
    await page.getByTestId("composer").pressSequentially("j");
    await page.keyboard.press("Enter");
    await expectSaid(page, "Åsa", "j");
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { get: () => true });
      Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await say(bo, "hej");
    await expectSaid(page, "Bo", "hej");
    expect(await page.evaluate(() => (window as unknown as { keys: string[] }).keys)).toEqual([]);
    await expect(page).toHaveTitle("En sida");
    expect(await page.locator("h1").first().evaluate((h) => getComputedStyle(h).fontFamily)).not.toContain("Palatino");
    expect(await page.evaluate(() => document.adoptedStyleSheets.length + document.querySelectorAll("style, link[rel=stylesheet]").length)).toBe(0);
  });

  test("takes the page's colours and type from its custom properties", async ({ visit }) => {
    const page = await visit(`<style>realtid-chat { --realtid-accent: rgb(0, 90, 60); --realtid-font: monospace; --realtid-height: 444px }</style>
      <realtid-chat room="lobby"></realtid-chat>`);
    const button = page.getByTestId("join-button");
    await expect(button).toHaveCSS("background-color", "rgb(0, 90, 60)");
    await expect(button).toHaveCSS("font-family", "monospace");
    await expect(button).toHaveCSS("color", /oklch\(1 0 |rgb\(255, 255, 255\)/);
    expect((await tag(page, "lobby").boundingBox())!.height).toBe(444);
  });

  test("follows the language, theme and room that the page sets", async ({ visit }) => {
    const page = await visit(`<realtid-chat room="lobby"></realtid-chat>`, { colorScheme: "dark" });
    const set = (name: string, value: string) => page.locator("realtid-chat").evaluate((chat, [name, value]) => chat.setAttribute(name, value), [name, value]);
    const scheme = () => page.getByTestId("nick-input").evaluate((field) => getComputedStyle(field).colorScheme);
    await expect(page.getByRole("button", { name: "Gå in" })).toBeVisible();
    // The page says nothing of dark, and has white paper.
    expect(await scheme()).toBe("normal");
    await set("theme", "dark");
    expect(await scheme()).toBe("dark");
    await set("theme", "light");
    expect(await scheme()).toBe("light");
    await set("theme", "auto");
    await page.evaluate(() => (document.documentElement.style.colorScheme = "light dark"));
    expect(await scheme()).toBe("light dark");

    await set("lang", "en");
    await expect(page.getByRole("button", { name: "Join" })).toBeVisible();
    await join(page, "Åsa");
    await say(page, "i lobbyn");
    await expectSaid(page, "Åsa", "i lobbyn");
    await set("room", "course");
    await join(page, "Åsa");
    await expect(page.getByRole("heading", { name: "#course" })).toBeVisible();
    await expect(messages(page, "i lobbyn")).toHaveCount(0);
    await set("room", "lobby");
    await expectSaid(page, "Åsa", "i lobbyn");
  });

  test("offers the nick that the page knows", async ({ visit }) => {
    const page = await visit(`<realtid-chat room="lobby" nick="Åsa"></realtid-chat>`);
    await expect(page.getByTestId("nick-input")).toHaveValue("Åsa");
  });

  test("has several chats side by side, and one place for each room", async ({ visit }) => {
    const page = await visit(`<realtid-chat room="lobby"></realtid-chat><realtid-chat room="course"></realtid-chat>
      <realtid-chat room="lobby" id="again"></realtid-chat>`);
    const names = asked(page);
    const [lobby, course, again] = [page.locator("realtid-chat").first(), tag(page, "course"), page.locator("#again")];
    for (const chat of [lobby, course]) {
      await chat.getByTestId("nick-input").fill("Åsa");
      await chat.getByTestId("join-button").click();
    }
    await lobby.getByTestId("composer").fill("bara här");
    await lobby.getByTestId("composer").press("Enter");
    await expect(lobby.getByTestId("message-text")).toHaveText("bara här");
    await expect(course.getByTestId("log")).toBeVisible();
    await expect(course.getByTestId("message-text")).toHaveCount(0);
    expect(names.filter((name) => name.endsWith(".wasm")).length).toBeLessThanOrEqual(1);

    await again.scrollIntoViewIfNeeded();
    await expect(again.getByTestId("banner")).toContainText("någon annanstans");
    await again.getByRole("button", { name: "Använd här" }).click();
    await expect(again.getByTestId("message-text")).toHaveText("bara här");
    await expect(lobby.getByTestId("banner")).toHaveAttribute("data-state", "taken_over");
  });

  test("keeps the chat where it is moved, and hangs up where it is taken away", async ({ visit, enter }) => {
    const page = await visit(`<aside></aside><realtid-chat room="lobby"></realtid-chat>`);
    const bo = await enter("Bo");
    const opened = page.waitForEvent("websocket");
    await join(page, "Åsa");
    const socket = await opened;
    await page.getByTestId("composer").fill("halvskrivet");
    await page.evaluate(() => document.querySelector("aside")!.append(document.querySelector("realtid-chat")!));
    await expect(page.getByTestId("composer")).toHaveValue("halvskrivet");
    await say(bo, "är du kvar?");
    await expectSaid(page, "Bo", "är du kvar?");

    expect(socket.isClosed()).toBe(false);

    const closed = socket.waitForEvent("close");
    const chat = await page.evaluateHandle(() => {
      const chat = document.querySelector("realtid-chat")!;
      chat.remove();
      return chat;
    });
    await closed;
    await say(bo, "och nu?");
    await expectSaid(bo, "Bo", "och nu?");
    await chat.evaluate((chat) => document.body.append(chat));
    await expectSaid(page, "Bo", "och nu?");
  });

  test("lays the chat out by the chat's own width", async ({ visit, enter }) => {
    await enter("Bo");
    const page = await visit(`<div style="display:flex;gap:8px"><div style="width:320px"><realtid-chat room="lobby"></realtid-chat></div>
      <div style="flex:1"><realtid-chat room="course"></realtid-chat></div></div>`, { viewport: { width: 1280, height: 800 } });
    const [narrow, wide] = [tag(page, "lobby"), tag(page, "course")];
    for (const chat of [narrow, wide]) {
      await chat.getByTestId("nick-input").fill("Åsa");
      await chat.getByTestId("join-button").click();
      await expect(chat.getByTestId("composer")).toBeVisible();
    }
    await expect(wide.getByTestId("who")).toBeVisible();
    await expect(narrow.getByTestId("who")).toBeHidden();
    await narrow.getByText("2 här").click();
    const [who, box] = [(await narrow.getByTestId("who").boundingBox())!, (await narrow.boundingBox())!];
    expect(who.x).toBeGreaterThanOrEqual(box.x);
    expect(who.x + who.width).toBeLessThanOrEqual(box.x + box.width);
    expect(await narrow.getByTestId("log").evaluate((log) => log.scrollWidth - log.clientWidth)).toBe(0);
  });

  test("may say in its policy exactly what the chat needs", async ({ visit, answers, server, pages }) => {
    const chat = server.url;
    const policy = [
      "default-src 'none'",
      `script-src ${chat} 'wasm-unsafe-eval'`,
      `connect-src ${chat} ${chat.replace("http", "ws")}`,
      `style-src ${chat}`,
      "style-src-attr 'unsafe-inline'",
      "img-src data:",
    ].join("; ");
    answers.set("/strict.html", {
      body: document(chat, `<realtid-chat room="lobby"></realtid-chat>`),
      headers: { "content-security-policy": policy },
    });
    const page = await visit("<p></p>");
    const complaints: string[] = [];
    page.on("console", (message) => /Content Security Policy/.test(message.text()) && complaints.push(message.text()));
    await page.goto(`${pages.url}/strict.html`);
    await join(page, "Åsa");
    await say(page, "under uppsikt");
    await expectSaid(page, "Åsa", "under uppsikt");
    expect(complaints).toEqual([]);
  });
});

test.describe("a page that the server does not allow", { tag: "@site" }, () => {
  test.use({ allowed: false });

  test("says that there is no chat, and is otherwise unharmed", async ({ visit }) => {
    const page = await visit("/");
    await expect(page.getByText(/Chatten går inte att visa här/).filter({ visible: true })).toHaveCount(1);
    await expect(page.getByTestId("nick-input")).toHaveCount(0);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Höststädning i Norra hamnen");
    await page.getByRole("link", { name: "Visitors" }).click();
    await page.getByRole("button", { name: "Ask in the chat" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Mooring with us");
  });
});

test.describe("where the chat does not come", { tag: "@site" }, () => {
  test("an element says so in its language, and tries again when asked", async ({ visit, pages, server }) => {
    const page = await visit("<p></p>");
    await page.context().route(/_bg\.wasm$/, (route) => route.abort());
    await page.goto(pages.url);
    const failed = page.getByTestId("embed-failed");
    await expect(failed).toContainText(new URL(server.url).host);
    await expect(failed).toHaveRole("alert");
    await page.locator("realtid-chat").evaluate((chat) => (chat.lang = "en"));
    await page.context().unroute(/_bg\.wasm$/);
    await failed.getByRole("button", { name: "Try again" }).click();
    await join(page, "Åsa");
  });

  test("it tells a server that refuses from one that is not there", async ({ visit, pages, answers, server }) => {
    const files = new Map<string, Answer>();
    const elsewhere = await Pages.start((name) => files.get(name));
    const script = built("embed.js").toString();
    files.set("/embed.js", { body: script, headers: { "access-control-allow-origin": "*" } });
    const glue = /realtid-client-[0-9a-f]+\.js/.exec(script)![0];
    // It lets its files be fetched, but no page read them.
    files.set(`/${glue}`, { body: built(glue) });
    const page = await visit("<p></p>");
    answers.set("/refused.html", { body: document(elsewhere.url, `<realtid-chat room="lobby" server="${server.url}"></realtid-chat>`) });
    await page.goto(`${pages.url}/refused.html`);
    const failed = page.getByTestId("embed-failed");
    await expect(failed).toContainText("lämnar inte ut den till den här sidan");
    await elsewhere.stop();
    await failed.getByRole("button", { name: "Försök igen" }).click();
    await expect(failed).toContainText("går inte att nå");
  });
});
