// Many at once, over both transports: everyone hears everything once, and everyone in order.
import { fork } from "node:child_process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { Server } from "../lib/server.mjs";

const CLIENTS = 200;
const PROCESSES = 4;

// Four million deliveries take about a minute on two cores, in a debug build.
it("200 clients, half polling and half WebSocket, exchange 20,000 messages", (test) => exchange(test, 20_000, "direct"));
it("and 4,000 where the chat is mounted", (test) => exchange(test, 4_000, "mounted"));

async function exchange(test, messages, transport) {
  const server = await Server.start("chat", "--transport", transport);
  test.after(() => server.stop());
  const members = CLIENTS / PROCESSES;
  const task = { url: server.url, members, clients: CLIENTS, each: messages / CLIENTS };
  const parts = Array.from({ length: PROCESSES }, (_, n) => {
    const part = fork(fileURLToPath(new URL("../lib/crowd.mjs", import.meta.url)));
    test.after(() => part.kill("SIGKILL"));
    part.send({ ...task, first: n * members });
    return part;
  });
  /** Waits until every part has said so. */
  const all = (word) =>
    Promise.all(
      parts.map(
        (part) =>
          new Promise((resolve, reject) => {
            part.on("message", (heard) => (heard === word ? resolve() : heard.failed && reject(new Error(heard.failed))));
            part.once("exit", (code) => reject(new Error(`a part of the crowd ended with ${code}`)));
          }),
      ),
    );
  const tell = async (word, answer) => {
    const answered = all(answer);
    for (const part of parts) part.send(word);
    await answered;
  };
  await all("joined");
  const began = performance.now();
  await tell("go", "heard");
  const seconds = (performance.now() - began) / 1000;
  await tell("last", "done");
  test.diagnostic(`${CLIENTS * messages} deliveries in ${seconds.toFixed(1)} s, with ${server.resident.toFixed(0)} MiB`);
}
