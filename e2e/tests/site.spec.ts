// The me-page on a plain static host, in a folder of its address, edited by hand as its owner does.
import type { Page } from "@playwright/test";
import { expect, test as base } from "../fixtures.ts";
import { Host } from "../static.ts";

const test = base.extend<{ site: Page; host: Host; publicUrl: string }>({
  publicUrl: ["/me/", { option: true }],
  host: async ({ publicUrl }, use) => {
    const host = await Host.start(publicUrl);
    await use(host);
    host.stop();
  },
  site: async ({ page }, use) => {
    page.on("pageerror", (error) => expect(error.stack ?? error.message, "an uncaught error in the page").toBe(""));
    await use(page);
  },
});

/** What the document says about itself to those who link to it. */
async function tags(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() => {
    const said: Record<string, string> = { title: document.title };
    for (const meta of document.querySelectorAll("meta[property], meta[name='description'], meta[name^='twitter:']")) {
      said[meta.getAttribute("property") ?? meta.getAttribute("name")!] = meta.getAttribute("content")!;
    }
    const canonical = document.querySelector<HTMLLinkElement>("link[rel=canonical]");
    if (canonical) said.canonical = canonical.getAttribute("href")!;
    return said;
  });
}

/** The same in a file, before any program has run. */
async function writtenTags(page: Page, html: string): Promise<Record<string, string>> {
  const bare = await page.context().browser()!.newPage({ javaScriptEnabled: false });
  await bare.setContent(html);
  const said = await tags(bare);
  await bare.close();
  return said;
}

const accent = (page: Page) => page.locator(".report-list .no").first().evaluate((element) => getComputedStyle(element).color);

test.describe("the me-page", { tag: "@site" }, () => {
  test("name, texts, colour, links and picture are the files', without a build", async ({ host, site }) => {
    host.configure({
      owner: "Bo Ek",
      colours: { accent: { light: "#00508c", dark: "#8cc8ff" } },
      portrait: { src: "content/bo.svg", alt: "Bo på en cykel" },
      links: [{ to: "/reports/kmom01", text: "Börja här" }],
    });
    host.write("content/bo.svg", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 5"><path d="M0 0h4v5H0z"/></svg>`);
    host.write("content/sv/me.md", "# Hej, jag heter Bo.\n\nSe [min redovisning](/reports/kmom04) och ~~inget~~ annat.");
    await site.goto(host.url);
    await expect(site.getByRole("heading", { level: 1 })).toHaveText("Hej, jag heter Bo.");
    await expect(site).toHaveTitle("Bo Ek");
    await expect(site.locator("header .name")).toHaveText("Bo Ek");
    await expect(site.locator("main s, main del")).toHaveText("inget");
    const picture = site.getByRole("img", { name: "Bo på en cykel" });
    await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0);
    await expect.poll(() => accent(site)).toBe("rgb(0, 80, 140)");
    await site.emulateMedia({ colorScheme: "dark" });
    await expect.poll(() => accent(site)).toBe("rgb(140, 200, 255)");
    // Links in the texts and in the settings lead to pages in the site's folder.
    await site.getByRole("link", { name: "min redovisning" }).click();
    await expect(site).toHaveURL(`${host.url}reports/kmom04/`);
    await site.goBack();
    await site.getByRole("link", { name: "Börja här" }).click();
    await expect(site).toHaveURL(`${host.url}reports/kmom01/`);
  });

  test("a colour that could not be read is shown as one that can, and the owner is told", async ({ host, site }) => {
    host.configure({ colours: { accent: { light: "#ffee00" } } });
    const warning = site.waitForEvent("console", (message) => message.text().includes("colours.accent.light"));
    await site.goto(host.url);
    expect((await warning).text()).toContain("4.5:1");
    await expect.poll(() => accent(site)).not.toBe("rgb(255, 238, 0)");
  });

  for (const [path, heading] of [
    ["", "Hej, jag heter Åsa."],
    ["reports/", "Redovisning"],
    ["reports/kmom04/", "Tester som någon annan vågar ändra"],
    ["reports/kmom04", "Tester som någon annan vågar ändra"],
    ["chat/", "Vad ska vi kalla dig?"],
    ["chat/lobby/", "Vad ska vi kalla dig?"],
    ["reports/new/", "Den sidan finns inte"],
    ["nowhere", "Den sidan finns inte"],
  ]) {
    for (const publicUrl of ["/me/", "./"]) {
      test.describe(() => {
        test.use({ publicUrl });
        test(`${path || "the front page"} opens at its own address, built for ${publicUrl}`, async ({ host, site }) => {
          const answer = await site.goto(host.url + path);
          await expect(site.locator("main").getByRole("heading").first()).toHaveText(heading);
          expect(answer!.status()).toBe(heading.startsWith("Den sidan") ? 404 : 200);
        });
      });
    }
  }

  test.describe("built for ./", () => {
    test.use({ publicUrl: "./" });

    test("a way through all pages and back stays in the site's folder", async ({ host, site }) => {
      await site.goto(`${host.url}reports/kmom04/`);
      await site.locator(".steps .later").click();
      await expect(site).toHaveURL(`${host.url}reports/kmom06/`);
      await site.locator(".prose").getByRole("link", { name: "chatten" }).click();
      await expect(site).toHaveURL(`${host.url}chat/`);
      await site.locator("header .name").click();
      await expect(site).toHaveURL(host.url);
      await expect(site.getByRole("img", { name: /Åsa/ })).toBeVisible();
    });

    test("an address of nothing shows the page that says so, however deep, where the settings name the site's", async ({ host, site }) => {
      host.configure({ address: host.url });
      host.pages();
      await site.goto(`${host.url}no/such/place`);
      await expect(site.getByRole("heading", { level: 1 })).toHaveText("Den sidan finns inte");
      await site.getByRole("link", { name: "Till första sidan" }).click();
      await expect(site).toHaveURL(host.url);
    });
  });

  test("titles and tags are the same in the files, after loading, and after going there", async ({ host, site }) => {
    host.configure({ address: "https://bo.example/me" });
    host.pages();
    const report = {
      title: "Tester som någon annan vågar ändra · Åsa Lind",
      description: "Regler som höll en hel kurs, och ett test som fångade samma fel två gånger.",
      "og:title": "Tester som någon annan vågar ändra · Åsa Lind",
      "og:description": "Regler som höll en hel kurs, och ett test som fångade samma fel två gånger.",
      "og:type": "article",
      "og:image": "https://bo.example/me/content/preview.png",
      "og:url": "https://bo.example/me/reports/kmom04/",
      "twitter:card": "summary_large_image",
      canonical: "https://bo.example/me/reports/kmom04/",
    };
    expect(await writtenTags(site, host.read("reports/kmom04/index.html"))).toEqual(report);
    await site.goto(`${host.url}reports/kmom04/`);
    await expect(site.locator(".prose")).toBeVisible();
    expect(await tags(site)).toEqual(report);
    for (const [path, go] of [
      ["", () => site.locator("header .name").click()],
      ["reports/", () => site.getByRole("link", { name: "Redovisning" }).first().click()],
      ["chat/", () => site.getByRole("link", { name: "Chatt", exact: true }).click()],
      ["reports/kmom04/", () => site.goBack().then(() => site.locator(".report-list a").nth(1).click())],
    ] as const) {
      await go();
      await expect(site).toHaveURL(host.url + path);
      const written = await writtenTags(site, host.read(`${path}index.html`));
      await expect.poll(() => tags(site)).toEqual(written);
    }
  });

  test("what the owner edits is in the titles at once, and in the files when the pages are written anew", async ({ host, site }) => {
    const text = host.read("content/sv/kmom04.md").replace(/title: .*/, 'title: "Prov & <lögn>"');
    host.write("content/sv/kmom04.md", text);
    await site.goto(`${host.url}reports/kmom04/`);
    await expect(site).toHaveTitle("Prov & <lögn> · Åsa Lind");
    expect((await writtenTags(site, host.read("reports/kmom04/index.html"))).title).toContain("Tester");
    host.pages();
    expect((await writtenTags(site, host.read("reports/kmom04/index.html")))["og:title"]).toBe("Prov & <lögn> · Åsa Lind");
  });

  test("a report is added by its file and its name", async ({ host, site }) => {
    host.configure({ reports: ["kmom01", "kmom10"] });
    host.write("content/sv/kmom10.md", "---\ntitle: Allt på en gång\ndate: 2027-01-15\nlabel: kmom10\n---\n\nHej.");
    await site.goto(`${host.url}reports/`);
    await expect(site.locator(".report-list .title")).toHaveText(["Allt på en gång", "En sida som bygger sig själv"]);
    await site.getByRole("link", { name: "Allt på en gång" }).click();
    await expect(site.locator(".prose")).toHaveText("Hej.");
    // Until the pages are written anew, the page for what is not there shows it.
    await site.reload();
    await expect(site.locator(".prose")).toHaveText("Hej.");
    host.pages();
    expect((await site.reload())!.status()).toBe(200);
    await expect(site.getByRole("heading", { level: 1 })).toHaveText("Allt på en gång");
  });

  test("back and forward show the page that was there, and the keyboard begins at its top", async ({ host, site }) => {
    await site.goto(host.url);
    await expect(site.locator(".prose")).toBeVisible();
    await site.getByRole("link", { name: "Redovisning" }).first().click();
    await expect(site.locator("main")).toBeFocused();
    await site.locator(".report-list a").first().click();
    await expect(site.locator("main h1")).toHaveText("En chatt, och vad som händer när nätet går");
    await expect(site.locator("main")).toBeFocused();
    await site.goBack();
    await expect(site.locator("main h1")).toHaveText("Redovisning");
    await expect(site.getByRole("navigation", { name: "Sidor" }).locator("[aria-current]")).toHaveText("Redovisning");
    await site.goBack();
    await expect(site.locator("main h1")).toHaveText("Hej, jag heter Åsa.");
    await site.goForward();
    await expect(site.locator("main h1")).toHaveText("Redovisning");
    await expect(site.locator("main")).toBeFocused();
  });

  test("a new page begins at its top, a link within it goes to its place", async ({ host, site }) => {
    const long = "Ord. ".repeat(3_000);
    host.write("content/sv/kmom01.md", `---\ntitle: Lång\n---\n[Ned](#så-här)\n\n${long}\n\n## Så här\n\n[Vidare](/reports/kmom04)\n\n${long}`);
    await site.goto(`${host.url}reports/kmom01/`);
    await site.getByRole("link", { name: "Ned" }).click();
    await expect(site.getByRole("heading", { name: "Så här" })).toBeInViewport();
    await expect(site).toHaveURL(`${host.url}reports/kmom01/#${encodeURIComponent("så-här")}`);
    await site.reload();
    await expect(site.getByRole("heading", { name: "Så här" })).toBeInViewport();
    await site.getByRole("link", { name: "Vidare" }).click();
    await expect(site.getByRole("heading", { level: 1 })).toHaveText("Tester som någon annan vågar ändra");
    await expect.poll(() => site.evaluate(() => scrollY)).toBe(0);
  });

  test("a click that asks for another tab, and a link to a file, are the browser's", async ({ host, site, context }) => {
    host.write("content/sv/me.md", "# Hej\n\n[Ett dokument](/content/config.json)");
    await site.goto(host.url);
    const [tab] = await Promise.all([
      context.waitForEvent("page"),
      site.getByRole("link", { name: "Redovisning" }).first().click({ modifiers: ["ControlOrMeta"] }),
    ]);
    await tab.waitForURL(`${host.url}reports/`);
    await expect(site).toHaveURL(host.url);
    await site.getByRole("link", { name: "Ett dokument" }).click();
    await expect(site).toHaveURL(`${host.url}content/config.json`);
  });

  for (const [what, json, message] of [
    ["a comma too many", `{\n  "owner": "Bo",\n}`, "line 3"],
    ["a field that is of another kind", `{"owner": "Bo", "reports": "kmom01"}`, "reports: här ska stå en lista"],
    ["a name that is missing", `{"reports": []}`, "owner: det här fältet får inte saknas"],
  ]) {
    test(`settings with ${what} say where, and are read again on demand`, async ({ host, site }) => {
      const whole = host.read("content/config.json");
      host.write("content/config.json", json);
      await site.goto(host.url);
      await expect(site.getByRole("alert")).toContainText(message);
      host.write("content/config.json", whole);
      await site.getByRole("button", { name: "Försök igen" }).click();
      await expect(site.getByRole("heading", { level: 1 })).toHaveText("Hej, jag heter Åsa.");
    });
  }

  for (const [what, text, message] of [
    ["a line that is none of its kind", "---\ntitle: Lång\nkmom01\n---\nHej.", "content/sv/kmom01.md, rad 3: Raden ska ha formen nyckel: värde."],
    ["a date that is none", "---\ntitle: Lång\nlabel: a\ndate: i går\n---\nHej.", "content/sv/kmom01.md, rad 4: Datumet ska skrivas som"],
    ["no title", "---\nlabel: kmom01\n---\nHej.", "content/sv/kmom01.md, rad 3: Här ovanför saknas"],
    ["nothing above it", "Hej.", "content/sv/kmom01.md, rad 1: Filen ska börja med"],
  ]) {
    test(`a report with ${what} says so by file and line, and is shown`, async ({ host, site }) => {
      host.write("content/sv/kmom01.md", text);
      await site.goto(`${host.url}reports/kmom01/`);
      await expect(site.getByRole("alert")).toContainText(message);
      await expect(site.locator(".prose")).toHaveText("Hej.");
      await site.getByRole("link", { name: "Alla redovisningar" }).click();
      await expect(site.getByRole("alert")).toContainText(message);
    });
  }

  test("a report whose file is missing says which", async ({ host, site }) => {
    host.configure({ reports: ["kmom01", "kmom99"] });
    await site.goto(`${host.url}reports/`);
    await expect(site.getByRole("alert")).toContainText("content/sv/kmom99.md");
    await expect(site.locator(".report-list .title")).toHaveText("En sida som bygger sig själv");
  });

  test("a text that one language lacks is the other's, and says so to those who listen", async ({ host, site, browser }) => {
    host.configure({ reports: ["nytt"], links: [{ to: "/chat", text: { sv: "Hit" } }] });
    host.write("content/sv/nytt.md", "---\ntitle: Bara på svenska\n---\nHej.");
    const context = await browser.newContext({ locale: "en-GB" });
    const english = await context.newPage();
    await english.goto(host.url);
    await expect(english.locator("html")).toHaveAttribute("lang", "en");
    await expect(english.getByRole("link", { name: "Hit" })).toHaveAttribute("lang", "sv");
    await expect(english.locator(".report-list a")).toHaveAttribute("lang", "sv");
    await english.locator(".report-list a").click();
    await expect(english.locator(".prose")).toHaveAttribute("lang", "sv");
    await context.close();
    await site.goto(host.url);
    await expect(site.getByRole("link", { name: "Hit" })).not.toHaveAttribute("lang");
  });

  test("the language that is chosen stays, for the title as for the texts", async ({ host, site }) => {
    await site.goto(`${host.url}reports/kmom04/`);
    await site.getByRole("button", { name: "English" }).click();
    await expect(site.getByRole("heading", { level: 1 })).toHaveText("Tests that somebody else dares to change");
    await expect(site).toHaveTitle("Tests that somebody else dares to change · Åsa Lind");
    await site.reload();
    await expect(site.locator("html")).toHaveAttribute("lang", "en");
    await expect(site.locator(".prose")).toContainText("A test is a promise");
  });

  test("a page in one language offers no other", async ({ host, site }) => {
    host.configure({ languages: ["en"] });
    await site.goto(host.url);
    await expect(site.getByRole("heading", { level: 1 })).toHaveText("Hello, I am Åsa.");
    await expect(site.locator("header .lang")).toHaveCount(0);
  });

  test("the program for Markdown comes with the first text, not with the chat", async ({ host, site }) => {
    const programs = () => host.asked.filter((path) => path.includes("markdown"));
    await site.goto(`${host.url}chat/`);
    await expect(site.getByTestId("nick-input")).toBeVisible();
    await site.getByRole("link", { name: "Redovisning" }).click();
    await expect(site.locator(".report-list .title")).toHaveCount(3);
    expect(programs()).toEqual([]);
    await site.locator(".report-list a").first().click();
    await expect(site.locator(".prose")).toBeVisible();
    expect(programs()).toHaveLength(2);
  });

  test("a text whose program does not come can be asked for again", async ({ host, site }) => {
    await site.route("**/realtid-markdown*", (route) => route.abort());
    await site.goto(host.url);
    await expect(site.getByRole("alert")).toContainText("gick inte att hämta");
    await site.unroute("**/realtid-markdown*");
    await site.getByRole("button", { name: "Försök igen" }).click();
    await expect(site.getByRole("heading", { level: 1 })).toHaveText("Hej, jag heter Åsa.");
  });

  test("all of it is done by keyboard", async ({ host, site }) => {
    await site.goto(host.url);
    await expect(site.locator(".prose")).toBeVisible();
    const focused = site.locator(":focus");
    await site.keyboard.press("Tab");
    await expect(focused).toHaveText("Till innehållet");
    await site.keyboard.press("Enter");
    await expect(site.locator("main")).toBeFocused();
    await expect(site).toHaveURL(host.url);
    await site.keyboard.press("Tab");
    await expect(focused).toHaveText("Säg hej i chatten");
    for (let back = 0; back < 2; back++) await site.keyboard.press("Shift+Tab");
    await expect(focused).toHaveText(/English/);
    await site.keyboard.press("Enter");
    await expect(site.locator("html")).toHaveAttribute("lang", "en");
    await site.getByRole("link", { name: "Reports" }).first().focus();
    await site.keyboard.press("Enter");
    await expect(site.locator("main h1")).toHaveText("Reports");
    await site.keyboard.press("Tab");
    await site.keyboard.press("Enter");
    await expect(site.locator("main h1")).toHaveText("A chat, and what happens when the network goes");
    await site.keyboard.press("Shift+Tab");
    await expect(focused).toHaveAccessibleName("Switch to dark theme");
    await site.keyboard.press("Enter");
    await expect(focused).toHaveAccessibleName("Switch to light theme");
    await expect(site.locator("html")).toHaveAttribute("data-theme", "dark");
  });

  test("pages give way to each other without motion where none is wanted", async ({ host, site }) => {
    await site.addInitScript(() => {
      const start = document.startViewTransition?.bind(document);
      if (start) document.startViewTransition = (change) => ((window as any).moved = ((window as any).moved ?? 0) + 1, start(change as () => void));
    });
    await site.emulateMedia({ reducedMotion: "reduce" });
    await site.goto(host.url);
    await site.getByRole("link", { name: "Redovisning" }).first().click();
    await expect(site.locator("main h1")).toHaveText("Redovisning");
    expect(await site.evaluate(() => (window as any).moved ?? 0)).toBe(0);
    await site.emulateMedia({ reducedMotion: "no-preference" });
    await site.locator("header .name").click();
    await expect(site.locator("main h1")).toHaveText("Hej, jag heter Åsa.");
    expect(await site.evaluate(() => (window as any).moved ?? 0)).toBe(1);
  });
});

test.describe("without a program", () => {
  test.use({ javaScriptEnabled: false });
  test("the page tells kindly what it needs, in both languages", { tag: "@site" }, async ({ host, page }) => {
    await page.goto(host.url);
    await expect(page.locator("noscript .notice")).toContainText("JavaScript");
    await expect(page.locator("noscript .notice [lang=en]")).toBeVisible();
    await expect(page.locator(".loading-text")).toBeHidden();
  });
});
