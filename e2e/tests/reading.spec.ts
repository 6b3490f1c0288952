// How reading feels: each line of it that people expect of a chat.
import type { Locator, Page } from "@playwright/test";
import { expect, expectSaid, messages, routed, say, sayAll, test, texts } from "../fixtures.ts";

const numbered = (count: number, from = 1) => Array.from({ length: count }, (_, n) => `nummer ${from + n}.`);

const fromEnd = (log: Locator) => log.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);

/** Where something stands on the page. */
const top = async (what: Locator) => (await what.boundingBox())!.y;

/** Scrolls as a reader does, and waits until the page knows. */
async function scroll(log: Locator, to: (e: Element) => number): Promise<void> {
  await log.evaluate(
    (e, to) =>
      new Promise<void>((resolve) => {
        e.addEventListener("scroll", () => requestAnimationFrame(() => resolve()), { once: true });
        e.scrollTop = new Function("e", `return (${to})(e)`)(e);
      }),
    to.toString(),
  );
}

/** The page is put out of sight, or comes back. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

test("stick to the bottom: only within 30 px of it; otherwise the view never moves, nor when the composer grows", async ({ enter }) => {
  const bo = await enter("Bo");
  const log = bo.getByTestId("log");
  await sayAll(bo, "Åsa", numbered(60));
  await expectSaid(bo, "Åsa", "nummer 60.");
  await expect.poll(() => fromEnd(log)).toBeLessThanOrEqual(1);

  await scroll(log, (e) => e.scrollTop - 25);
  await sayAll(bo, "Åsa", ["nummer 61."]);
  await expect(messages(bo, "nummer 61.")).toBeInViewport();
  await expect.poll(() => fromEnd(log)).toBeLessThanOrEqual(1);
  await bo.getByTestId("composer").fill("en\nrad\ntill\noch\nen");
  await expect.poll(() => fromEnd(log), "what is at the end stays in view").toBeLessThanOrEqual(1);
  await bo.getByTestId("composer").fill("");

  await scroll(log, (e) => e.scrollTop - 120);
  const watched = messages(bo, "nummer 50.");
  const before = await top(watched);
  await sayAll(bo, "Åsa", ["nummer 62."]);
  await expect(messages(bo, "nummer 62.")).toHaveCount(1);
  expect(Math.abs((await top(watched)) - before)).toBeLessThanOrEqual(1);
  const height = await log.evaluate((e) => e.clientHeight);
  await bo.getByTestId("composer").fill("en\nrad\ntill\noch\nen");
  await expect.poll(() => log.evaluate((e) => e.clientHeight)).toBeLessThan(height);
  expect(Math.abs((await top(watched)) - before)).toBeLessThanOrEqual(1);
});

test("new messages below: a button with their count jumps to the first unread, and then to the end", async ({ enter }) => {
  const bo = await enter("Bo");
  const log = bo.getByTestId("log");
  const jump = bo.getByTestId("jump");
  await sayAll(bo, "Åsa", numbered(60));
  await expect.poll(() => fromEnd(log)).toBeLessThanOrEqual(1);
  await expect(jump).toHaveCount(0);

  await scroll(log, (e) => e.scrollTop - 300);
  await expect(jump).toHaveAccessibleName("Till slutet");
  await sayAll(bo, "Åsa", numbered(80, 61));
  await expect(jump).toHaveText(/80 nya/);
  await jump.click();
  await expect(messages(bo, "nummer 61.")).toBeInViewport();
  await expect(bo.getByTestId("unread")).toBeInViewport();
  await expect(messages(bo, "nummer 140.")).not.toBeInViewport();
  await expect(jump).toBeVisible();
  await jump.click();
  await expect(messages(bo, "nummer 140.")).toBeInViewport();
  await expect(jump).toHaveCount(0);
});

test("unread line: it survives a reload, stays while one reads, and goes when one writes or comes back later", async ({ enter }) => {
  const bo = await enter("Bo");
  const log = bo.getByTestId("log");
  const line = bo.getByTestId("unread");
  /** The line, and the message right below it. */
  const stands = async (text: string) => {
    await expect(line).toHaveText("nya meddelanden");
    await expect(line.locator("xpath=following-sibling::*[1]").getByTestId("message-text")).toHaveText(text);
  };
  await sayAll(bo, "Åsa", numbered(40));
  await expectSaid(bo, "Åsa", "nummer 40.");
  await expect(line).toHaveCount(0);

  // Not at the end.
  await scroll(log, () => 0);
  await sayAll(bo, "Åsa", numbered(5, 41));
  await stands("nummer 41.");
  await bo.reload();
  await stands("nummer 41.");
  await expect(messages(bo, "nummer 45.")).toBeInViewport();
  await sayAll(bo, "Åsa", ["nummer 46."]);
  await expect(messages(bo, "nummer 46.")).toBeInViewport();
  await stands("nummer 41.");
  await say(bo, "svar");
  await expect(line).toHaveCount(0);

  // At the end, but out of sight.
  await hide(bo, true);
  await sayAll(bo, "Åsa", ["nummer 47.", "nummer 48."]);
  await stands("nummer 47.");
  await bo.reload();
  await stands("nummer 47.");
  await hide(bo, true);
  await hide(bo, false);
  await expect(line, "all was read").toHaveCount(0);

  // More than fits: who comes back begins where they stopped.
  await hide(bo, true);
  await sayAll(bo, "Åsa", numbered(49, 49));
  await expect(messages(bo, "nummer 97.")).toHaveCount(1);
  await hide(bo, false);
  await expect(line).toBeInViewport();
  await stands("nummer 49.");
  await expect(bo.getByTestId("jump")).toHaveText(/49 nya/);
  await bo.reload();
  await expect(line).toBeInViewport();
  await stands("nummer 49.");
  await bo.getByTestId("jump").click();
  await expect(messages(bo, "nummer 97.")).toBeInViewport();
  await bo.reload();
  await expect(messages(bo, "nummer 97.")).toBeInViewport();
  await expect(line).toHaveCount(0);
});

test("day lines are in the reader's own time zone", async ({ open }) => {
  const lines: Record<string, string[]> = {
    "Europe/Stockholm": [
      "söndag 14 januari 2024", "Åsa23:30före midnatt",
      "måndag 15 januari 2024", "Åsa00:30efter midnatt",
    ],
    "America/New_York": ["söndag 14 januari 2024", "Åsa17:30före midnatt", "Åsa18:30efter midnatt"],
  };
  for (const [nick, [timezoneId, wanted]] of Object.entries(lines).entries()) {
    const reader = await open({ timezoneId });
    if (nick === 0) await sayAll(reader, "Åsa", ["före midnatt", "efter midnatt"]);
    // As if they had been written then: an hour apart, at midnight in Stockholm.
    await reader.routeWebSocket(/\/ws$/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        const heard = JSON.parse(String(message));
        for (const entry of heard.entries ?? []) entry.at = Date.UTC(2024, 0, 14, 22, 30) + (entry.seq - 1) * 3_600_000;
        socket.send(JSON.stringify(heard));
      });
    });
    await reader.reload();
    await reader.getByTestId("nick-input").fill(`Bo ${nick}`);
    await reader.getByTestId("join-button").click();
    await expect(reader.getByTestId("message")).toHaveCount(2);
    const shown = reader.getByTestId("day").or(reader.getByTestId("message"));
    expect(await shown.evaluateAll((all) => all.map((e) => [...e.querySelectorAll("b, time, .text")].map((e) => e.textContent).join("")))).toEqual(wanted);
  }
});

test("joins and leaves: a run of them folds into one quiet line; a reconnect makes none", async ({ enter }) => {
  const bo = await enter("Bo");
  const asa = await enter("Åsa");
  const notes = bo.getByTestId("note");
  await asa.evaluate(async () => {
    for (const nick of ["Dani", "Ebba", "Farid"]) {
      const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws", "realtid.v1");
      await new Promise((resolve) => {
        socket.onopen = () => socket.send(JSON.stringify({ type: "join", nick }));
        socket.onmessage = resolve;
      });
      Object.assign(window, { last: socket });
    }
  });
  await expect(notes).toHaveText([/^Åsa, Dani och 2 till kom in$/]);
  await asa.evaluate(() => (window as unknown as { last: WebSocket }).last.send(JSON.stringify({ type: "leave" })));
  await expect(notes).toHaveText([/^Åsa, Dani och 2 till kom in · Farid gick$/]);
  await say(bo, "välkomna");
  await expectSaid(asa, "Bo", "välkomna");

  const line = await routed(asa);
  await say(asa, "omladdad");
  await expectSaid(bo, "Åsa", "omladdad");
  line.cut();
  await expect(asa.getByTestId("banner")).toBeVisible();
  await say(bo, "hör du?");
  line.mend();
  await expectSaid(asa, "Bo", "hör du?");
  await say(asa, "nu igen");
  await expectSaid(bo, "Åsa", "nu igen");
  await expect(notes).toHaveCount(1);
  await expect(asa.getByTestId("note"), "nor at the one who was away").toHaveCount(0);
});

test("grouping: messages of one nick in a row share a header; the time of each is on hover and focus", async ({ enter }) => {
  const bo = await enter("Bo");
  const asa = await enter("Åsa");
  // Before they say anything: what stands between messages parts them.
  await expect(bo.getByTestId("note")).toHaveText("Åsa kom in");
  for (const text of ["ett", "två", "tre"]) await say(asa, text);
  await expectSaid(bo, "Åsa", "tre");
  await say(bo, "fyra");
  await expectSaid(bo, "Bo", "fyra");
  const header = bo.locator(".msg .by");
  await expect(header).toHaveText([/^Åsa\d\d:\d\d$/, /^Bo\d\d:\d\d$/]);

  const time = (text: string) => messages(bo, text).locator("time");
  await bo.mouse.move(0, 0);
  await expect(time("ett")).toHaveCSS("opacity", "1");
  for (const text of ["två", "tre"]) await expect(time(text)).toHaveCSS("opacity", "0");
  await messages(bo, "två").hover();
  await expect(time("två")).toHaveCSS("opacity", "1");
  await expect(time("tre")).toHaveCSS("opacity", "0");
  await bo.mouse.move(0, 0);
  await expect(time("två")).toHaveCSS("opacity", "0");

  // By keyboard: the arrows go from message to message.
  await bo.getByTestId("log").focus();
  await bo.keyboard.press("ArrowUp");
  await expect(messages(bo, "fyra")).toBeFocused();
  await bo.keyboard.press("ArrowUp");
  await expect(messages(bo, "tre")).toBeFocused();
  await expect(time("tre")).toHaveCSS("opacity", "1");
  await bo.keyboard.press("ArrowUp");
  await bo.keyboard.press("ArrowUp");
  await bo.keyboard.press("ArrowDown");
  await expect(messages(bo, "två")).toBeFocused();
});

test("nick colour: the same for the same one in every browser, another for another, and never the only cue", async ({ enter }) => {
  const [bo, asa] = [await enter("Bo"), await enter("Åsa")];
  await say(bo, "från Bo");
  await expectSaid(asa, "Bo", "från Bo");
  await say(asa, "från Åsa");
  await say(asa, "mer från Åsa");
  for (const page of [bo, asa]) await expectSaid(page, "Åsa", "mer från Åsa");
  const colour = (page: Page, text: string) =>
    messages(page, text).getByTestId("message-nick").evaluate((e) => getComputedStyle(e).color);
  expect(await colour(bo, "från Åsa")).toBe(await colour(asa, "från Åsa"));
  expect(await colour(bo, "från Åsa")).not.toBe(await colour(bo, "från Bo"));
  // Whose each one is stands there in letters, also where the header is shared.
  for (const text of ["från Åsa", "mer från Åsa"]) {
    await expect(messages(bo, text).getByTestId("message-nick")).toHaveText("Åsa");
  }
  await expect(messages(bo, "från Åsa").locator(".mono")).toHaveText("Å");
});

test("links: http, https and mailto only, and nothing of the chat goes along", async ({ enter }) => {
  const bo = await enter("Bo");
  await say(bo, "se https://a.example/x?y=1, [här](http://b.example) mailto:c@d.example");
  await say(bo, "[x](javascript:alert(1)) javascript:alert(1) [y](data:text/html,hej) ftp://a.example //a.example <https://e.example>");
  await expect(bo.getByTestId("message")).toHaveCount(2);
  const links = bo.getByTestId("message-text").locator("a");
  expect(await links.evaluateAll((all) => all.map((a) => a.getAttribute("href")))).toEqual([
    "https://a.example/x?y=1",
    "http://b.example",
    "mailto:c@d.example",
    "https://e.example",
  ]);
  for (const link of await links.all()) {
    await expect(link).toHaveAttribute("rel", "noopener noreferrer nofollow ugc");
    await expect(link).toHaveAttribute("target", "_blank");
  }
});

test("Markdown: bold, italic, code, code block, quote, list and link, and HTML stays text", async ({ enter }) => {
  const bo = await enter("Bo");
  await say(bo, [
    "**fet** *lutad* `kod` [länk](https://a.example)",
    "> citat med **fet** <b>text</b>",
    "> - i citatet",
    "- ett",
    "* två *lutad*",
    "3. tre",
    "4. fyra",
    "```js",
    "if (a < b) <i>x</i>",
    "```",
    "slut",
  ].join("\n"));
  const text = bo.getByTestId("message-text");
  expect(await text.innerHTML()).toBe(
    "<strong>fet</strong> <em>lutad</em> <code>kod</code> " +
      '<a href="https://a.example" rel="noopener noreferrer nofollow ugc" target="_blank">länk</a>' +
      '<blockquote dir="auto">citat med <strong>fet</strong> &lt;b&gt;text&lt;/b&gt;<ul dir="auto"><li>i citatet</li></ul></blockquote>' +
      '<ul dir="auto"><li>ett</li><li>två <em>lutad</em></li></ul>' +
      '<ol dir="auto" start="3"><li>tre</li><li>fyra</li></ol>' +
      '<pre tabindex="0" dir="ltr"><code>if (a &lt; b) &lt;i&gt;x&lt;/i&gt;</code></pre>slut',
  );
});

test("direction: nick, text and composer each follow their own script", async ({ enter }) => {
  const bo = await enter("عمر");
  await bo.getByTestId("composer").fill("مرحبا بالعالم");
  await expect(bo.getByTestId("composer")).toHaveCSS("direction", "rtl");
  await bo.getByTestId("composer").press("Enter");
  await say(bo, "hello");
  await expectSaid(bo, "عمر", "hello");
  const direction = (of: Locator) => of.evaluate((e) => getComputedStyle(e).direction);
  const [arabic, english] = [messages(bo, "مرحبا بالعالم"), messages(bo, "hello")];
  expect(await direction(arabic.getByTestId("message-nick"))).toBe("rtl");
  expect(await direction(arabic.getByTestId("message-text"))).toBe("rtl");
  expect(await direction(english.getByTestId("message-text"))).toBe("ltr");
});

test("history: older pages load on scrolling up, with a mark of progress and one of the end, and the view stays", async ({ enter }) => {
  const bo = await enter("Bo");
  const log = bo.getByTestId("log");
  const all = numbered(130);
  await sayAll(bo, "Åsa", all);
  await expectSaid(bo, "Åsa", "nummer 130.");
  const held: (() => void)[] = [];
  let holds = true;
  await routed(bo, (message, server) => {
    if (holds && JSON.parse(message).type === "page") held.push(() => server.send(message));
    else server.send(message);
  });
  await expectSaid(bo, "Åsa", "nummer 130.");
  await expect(bo.getByTestId("message")).toHaveCount(50);
  await expect(bo.getByTestId("beginning")).toHaveCount(0);

  await scroll(log, () => 0);
  await expect(bo.getByTestId("loading-older")).toHaveText("Hämtar äldre …");
  await expect(log).toHaveAttribute("aria-busy", "true");
  // A reader does not wait for it.
  await scroll(log, () => 20);
  const watched = messages(bo, "nummer 85.");
  const before = await top(watched);
  // Once the first page is there, no other is asked for while the reader stays where they are.
  expect(held.length).toBe(1);
  held[0]();
  await expect(bo.getByTestId("message")).toHaveCount(100);
  await expect(bo.getByTestId("loading-older")).toHaveCount(0);
  expect(Math.abs((await top(watched)) - before), "the view stays").toBeLessThanOrEqual(1);
  await sayAll(bo, "Cyrus", ["nummer 131."]);
  await expect(messages(bo, "nummer 131.")).toHaveCount(1);
  expect(held.length, "pages asked for").toBe(1);
  expect(Math.abs((await top(watched)) - before), "the view stays").toBeLessThanOrEqual(1);

  holds = false;
  await expect(async () => {
    await log.evaluate((e) => (e.scrollTop = 0));
    await expect(bo.getByTestId("beginning")).toHaveText("Här börjar samtalet", { timeout: 1_000 });
  }).toPass();
  expect(await texts(bo)).toEqual([...all, "nummer 131."]);
});

test("a burst of 2,000 messages ends complete, in order and at the bottom, and a reader further up has not moved", async ({ enter, open }) => {
  test.slow();
  const bo = await enter("Bo");
  const log = bo.getByTestId("log");
  const asa = await open();
  await sayAll(asa, "Åsa", numbered(2_000));
  await expect(messages(bo, "nummer 2000.")).toBeInViewport();
  await expect.poll(() => fromEnd(log)).toBeLessThanOrEqual(1);
  expect(await texts(bo)).toEqual(numbered(2_000));

  await scroll(log, (e) => e.scrollHeight / 2);
  // What the browser had only guessed the height of has its own now.
  const shown = await log.evaluate((e) => {
    const { top } = e.getBoundingClientRect();
    return [...e.querySelectorAll(".msg")].find((m) => m.getBoundingClientRect().top > top + 100)!.getAttribute("data-id")!;
  });
  const watched = log.locator(`[data-id="${shown}"]`);
  const before = await top(watched);
  const first = await bo.getByTestId("message").first().elementHandle();
  await sayAll(asa, "Åsa", numbered(1_000, 2_001));
  await expect(bo.getByTestId("jump")).toHaveText(/1\s?000 nya/);
  expect(Math.abs((await top(watched)) - before)).toBeLessThanOrEqual(1);
  expect(await texts(bo)).toEqual(numbered(3_000));
  expect(await first!.evaluate((e) => e.isConnected), "what was there was not drawn anew").toBe(true);
});

test("long words, lines of 10,000 characters and deep blocks of code do not break the layout at 320 px", async ({ open, enter }) => {
  const long = [
    "ordutanslut".repeat(1_000),
    "många ord ".repeat(1_000),
    "```\n" + `${"  ".repeat(200)}djupt(${"x".repeat(3_000)})\n`.repeat(3) + "\n".repeat(60) + "```",
    `> ${"citatutanslut".repeat(300)}\n- ${"punktutanslut".repeat(300)}\n999. ${"x".repeat(900)}`,
    `https://a.example/${"x".repeat(2_000)} **${"fet".repeat(500)}** \`${"kod".repeat(500)}\` @${"y".repeat(500)}`,
    "👨‍👩‍👧‍👦".repeat(200) + "あ".repeat(2_000),
  ];
  await sayAll(await open(), "Å".repeat(32), numbered(long.length));
  const bo = await enter("W".repeat(32), { viewport: { width: 320, height: 568 } });
  // The server takes no text as long as some of these; a page holds what another server takes.
  await bo.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const heard = JSON.parse(String(message));
      heard.entries?.forEach((entry: { text: string }, n: number) => (entry.text = long[n]));
      socket.send(JSON.stringify(heard));
    });
  });
  await bo.reload();
  const log = bo.getByTestId("log");
  const all = bo.getByTestId("message");
  await expect(all.getByTestId("message-text").first()).toHaveText(long[0]);
  for (const message of await all.all()) {
    await message.scrollIntoViewIfNeeded();
    const { x, width } = (await message.boundingBox())!;
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(320);
    expect(await log.evaluate((e) => e.scrollWidth - e.clientWidth), "the log does not scroll sideways").toBe(0);
    expect(await bo.evaluate(() => document.documentElement.scrollWidth), "nothing sticks out of the page").toBe(320);
  }
});
