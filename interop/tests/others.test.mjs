// Clients of other languages, as programs of their own: they check, and end with 0 where all is well.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { inTime } from "../lib/clients.mjs";
import { Server } from "../lib/server.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const PROGRAMS = {
  "python-socketio": [here("../.venv/bin/python"), here("../python/client.py")],
  rust_socketio: [here("../rust/target/debug/realtid-interop")],
};

const servers = {};
before(async () => {
  for (const program of ["echo", "chat"]) servers[program] = await Server.start(program);
});
after(() => Promise.all(Object.values(servers).map((server) => server.stop())));

for (const [name, [file, ...args]] of Object.entries(PROGRAMS)) {
  describe(name, { concurrency: 2 }, () => {
    for (const what of ["echo", "chat"]) {
      for (const mode of ["polling", "websocket", "upgrade"]) {
        it(`${what} by ${mode}`, async (test) => {
          assert.ok(existsSync(file), `${file} is not there: 'make interop' sets it up`);
          const child = spawn(file, [...args, what, servers[what].url, mode], { stdio: ["ignore", "pipe", "pipe"] });
          test.after(() => child.kill("SIGKILL"));
          const words = [];
          for (const output of [child.stdout, child.stderr]) output.on("data", (data) => words.push(data));
          const code = await inTime(new Promise((resolve) => child.once("close", resolve)), `${name} to end`, 60_000);
          assert.equal(code, 0, Buffer.concat(words).toString());
        });
      }
    }
  });
}
