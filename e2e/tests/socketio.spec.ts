// Pages written for socket.io's own examples, on another origin, in one room with the chat's page.
import type { Page } from "@playwright/test";
import { expect, test as base } from "../embedding.ts";
import { expectSaid, messages, say } from "../fixtures.ts";

const test = base.extend({
  example: "socketio-page",
  // Who goes is gone soon.
  flags: async ({ flags }, use) => use([...flags, "--grace-time", "0.5"]),
});

/** Comes into the stock example's room. */
async function enter(page: Page, nick: string): Promise<void> {
  await page.locator("#nick").fill(nick);
  await page.locator("#nick").press("Enter");
}

async function write(page: Page, text: string): Promise<void> {
  await page.locator("#text").fill(text);
  await page.locator("#text").press("Enter");
}

const lines = (page: Page, text: string) => page.locator("#log li").filter({ hasText: text });

test("the stock example's events chat with the chat's own page", async ({ visit, enter: enterChat }) => {
  const page = await visit("/");
  await enter(page, "Åsa");
  await expect(page.locator("#online")).toHaveText("Du är ensam här");
  const bo = await enterChat("Bo");
  await expect(lines(page, "Bo kom in")).toHaveCount(1);
  await expect(page.locator("#online")).toHaveText("2 är här");

  await write(page, "från socket.io");
  await expectSaid(bo, "Åsa", "från socket.io");
  await expect(lines(page, "från socket.io")).toHaveText(["Åsa från socket.io"]);

  await bo.getByTestId("composer").pressSequentially("h");
  await expect(page.locator("#typing")).toHaveText("Bo skriver …");
  await say(bo, "hej <b>Åsa</b>");
  await expect(lines(page, "hej")).toHaveText(["Bo hej <b>Åsa</b>"]);
  await expect(page.locator("#typing")).toBeEmpty();

  await page.locator("#text").pressSequentially("s");
  await expect(bo.locator(".typing")).toHaveText("Åsa skriver …");

  await bo.context().close();
  await expect(lines(page, "Bo gick")).toHaveCount(1);
});

test("a nick that is taken is refused, and another offered", async ({ visit, enter: enterChat }) => {
  await enterChat("Bo");
  const page = await visit("/");
  await enter(page, "Bo");
  await expect(page.locator("#trouble")).not.toBeEmpty();
  const offered = await page.locator("#nick").inputValue();
  expect(offered).not.toBe("Bo");
  await page.locator("#nick").press("Enter");
  await expect(page.locator("#text")).toBeVisible();
});

test("the tutorial's event chats with the chat's own page, and has what was said before", async ({ visit, enter: enterChat }) => {
  const bo = await enterChat("Bo");
  await say(bo, "sagt före");
  await expectSaid(bo, "Bo", "sagt före");
  const page = await visit("/tutorial.html?nick=Ada");
  await expect(page.locator("#log li")).toHaveText(["Bo: sagt före"]);
  await write(page, "hello");
  await expectSaid(bo, "Ada", "hello");
  await say(bo, "välkommen");
  await expect(page.locator("#log li")).toHaveText(["Bo: sagt före", "Ada: hello", "Bo: välkommen"]);
});

test("the tutorial's page without a nick gets one", async ({ visit, enter: enterChat }) => {
  const bo = await enterChat("Bo");
  const page = await visit("/tutorial.html");
  await write(page, "vem är jag");
  await expect(page.locator("#log li")).toHaveText([/^\S.*: vem är jag$/]);
  const [line] = await page.locator("#log li").allTextContents();
  await expectSaid(bo, line.slice(0, line.indexOf(":")), "vem är jag");
});

test("who is away gets what was said meanwhile, once", async ({ visit, enter: enterChat }) => {
  const bo = await enterChat("Bo");
  const page = await visit("/tutorial.html?nick=Ada");
  await write(page, "ett");
  await expect(page.locator("#log li")).toHaveText(["Ada: ett"]);
  await page.evaluate("socket.io.reconnection(false), socket.io.engine.close()");
  await say(bo, "två");
  await expectSaid(bo, "Bo", "två");
  await page.evaluate("socket.io.reconnection(true), socket.connect()");
  await say(bo, "tre");
  await expect(page.locator("#log li")).toHaveText(["Ada: ett", "Bo: två", "Bo: tre"]);
});

test.describe("a page that the server does not allow", () => {
  test.use({ allowed: false });

  test("stays outside", async ({ visit, enter: enterChat }) => {
    const page = await visit("/tutorial.html?nick=Ada");
    await expect(page.locator("#log li").first()).toBeVisible();
    await write(page, "hör mig någon");
    const bo = await enterChat("Bo");
    await say(bo, "ensam");
    await expectSaid(bo, "Bo", "ensam");
    await expect(messages(bo, "hör mig någon")).toHaveCount(0);
    await expect(page.locator("#log li").filter({ hasText: "ensam" })).toHaveCount(0);
  });
});
