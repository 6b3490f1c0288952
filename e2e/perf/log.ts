// What a message costs the page that shows it, however long its log is, and what a burst does to it.
// Prints a table; `npm run perf`, with the release build of the client in dist/.
import { cpus } from "node:os";
import type { CDPSession, Page } from "@playwright/test";
import { test } from "../fixtures.ts";

/** Messages in the list when it is measured. */
const LENGTHS = [100, 1_000, 10_000];

/** One at a time, each in a frame of its own. */
const SINGLE = { count: 200, everyMs: 50, atOnce: 1 };

/** 200 a second for 10 s. */
const BURST = { count: 2_000, everyMs: 25, atOnce: 5 };

/** Has a page of its own, and so another process, write: so many things, so many at once every so often. */
async function writer(page: Page): Promise<(pace: typeof SINGLE) => Promise<string>> {
  const writer = await page.evaluateHandle(async () => {
    const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws", "realtid.v1");
    const send = (message: object) => socket.send(JSON.stringify(message));
    const writer = { said: 0, stored: 0, heard: () => {}, send };
    socket.onopen = () => send({ type: "join", nick: "Åsa" });
    await new Promise<void>((resolve, reject) => {
      socket.onmessage = ({ data }) => {
        const { type, message } = JSON.parse(data);
        if (type === "refused") reject(new Error(message));
        if (type === "welcome") resolve();
        if (type === "said") writer.stored++;
        writer.heard();
      };
    });
    return writer;
  });
  return (pace) =>
    writer.evaluate(async (writer, { count, everyMs, atOnce }) => {
      const begin = performance.now();
      for (let n = 0; n < count; n++) {
        const wait = begin + Math.floor(n / atOnce) * everyMs - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        const text = `nummer ${++writer.said}: ett *vanligt* meddelande, med \`kod\` och https://a.example/${n} i.`;
        writer.send({ type: "say", id: crypto.randomUUID(), text });
      }
      await new Promise<void>((resolve) => {
        writer.heard = () => writer.stored === writer.said && resolve();
        writer.heard();
      });
      return `nummer ${writer.said}:`;
    }, pace);
}

/** Seconds that the page has spent so far, by what on. */
async function spent(session: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await session.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

/** Has the page watch its frames; what it says when asked is the longest time between two, in ms. */
async function watchFrames(page: Page): Promise<() => Promise<number>> {
  const watch = await page.evaluateHandle(() => {
    const watch = { last: performance.now(), longest: 0 };
    const frame = (now: number) => {
      watch.longest = Math.max(watch.longest, now - watch.last);
      watch.last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame((now) => {
      watch.last = now;
      requestAnimationFrame(frame);
    });
    return watch;
  });
  return () => watch.evaluate(({ longest }) => longest);
}

test("what a message costs the page", async ({ enter, open }) => {
  const page = await enter("Bo");
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const write = await writer(await open());
  // By the last chunk alone: a look at all of them would cost more than what is measured.
  const shown = (last: string) =>
    page.waitForFunction((last) => document.querySelector(".lines")?.lastElementChild?.textContent?.includes(last), last);

  const table = [
    `${cpus().length} x ${cpus()[0]?.model}, Chromium ${page.context().browser()?.version()}`,
    "",
    "| in the list | what | script a message | style and layout a message | all tasks a message | longest time between frames |",
    "|---|---|---|---|---|---|",
  ];
  let length = 0;
  for (const wanted of LENGTHS) {
    while (length < wanted) {
      const more = Math.min(500, wanted - length);
      await shown(await write({ count: more, everyMs: 0, atOnce: more }));
      length += more;
    }
    for (const [what, pace] of [["one at a time", SINGLE], ["200 a second, 10 s", BURST]] as const) {
      if (pace === BURST && wanted < 10_000) continue;
      const longest = await watchFrames(page);
      const before = await spent(session);
      await shown(await write(pace));
      const after = await spent(session);
      length += pace.count;
      const ms = (...names: string[]) => {
        const seconds = names.reduce((sum, name) => sum + (after[name] ?? 0) - (before[name] ?? 0), 0);
        return `${((seconds * 1_000) / pace.count).toFixed(2)} ms`;
      };
      const gap = `${(await longest()).toFixed(0)} ms`;
      table.push(`| ${wanted} | ${what} | ${ms("ScriptDuration")} | ${ms("RecalcStyleDuration", "LayoutDuration")} | ${ms("TaskDuration")} | ${gap} |`);
    }
  }
  const { Nodes, JSHeapUsedSize } = await spent(session);
  table.push("", `In the end: ${Nodes} nodes, ${((JSHeapUsedSize ?? 0) / 2 ** 20).toFixed(0)} MiB of JavaScript's own.`);
  console.log(`\n${table.join("\n")}`);
});
