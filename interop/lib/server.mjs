// The servers under test, each as a process of its own on a port that was free.
//
// INTEROP_ORACLE=1 has Node's own socket.io take their place: a test that fails there asks for what
// no stock server does.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Whether Node's own server is asked. */
export const oracle = Boolean(process.env.INTEROP_ORACLE);

const ORACLE = [process.execPath, here("../oracle.mjs")];

const PROGRAMS = {
  echo: {
    command: oracle ? [...ORACLE, "echo"] : [process.env.ECHO_BIN ?? here("../../target/debug/examples/echo")],
    at: (port) => ["--port", String(port)],
  },
  chat: {
    command: oracle ? [...ORACLE, "chat"] : [process.env.REALTID_BIN ?? here("../../target/debug/realtid")],
    // Many clients at once, all from one address.
    at: (port) => [
      ...(oracle ? ["--port", String(port)] : ["--listen", `127.0.0.1:${port}`]),
      ...["--history", "memory", "--assets", "none", "--workers", "1"],
      ...["--no-rate-limits", "--limit-connections-per-address", "0"],
    ],
  },
};

export class Server {
  url = "";
  /** What it has written. */
  log = [];
  #program;
  #flags;
  #process;

  /** @param {"echo" | "chat"} program */
  static async start(program, ...flags) {
    const server = new Server(program, flags);
    await server.#start(0);
    return server;
  }

  constructor(program, flags) {
    this.#program = PROGRAMS[program];
    this.#flags = flags;
  }

  /** Ends it without warning, if it runs, and starts it again at the same address. */
  async restart() {
    await this.kill();
    await this.#start(new URL(this.url).port);
  }

  /** SIGKILL: no chance to say goodbye. */
  async kill() {
    await this.#end("SIGKILL");
  }

  async stop() {
    // One that stands still would not hear of it.
    if (this.running) this.#process.kill("SIGCONT");
    await this.#end("SIGTERM");
  }

  /** Has it stand still: its connections stay open, and nothing is answered. */
  freeze() {
    this.#process.kill("SIGSTOP");
  }

  thaw() {
    this.#process.kill("SIGCONT");
  }

  get running() {
    return this.#process && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Memory that it has in use, in MiB, as the system counts it. */
  get resident() {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#process.pid}/status`, "utf8"));
    return kib / 1024;
  }

  async #end(signal) {
    if (!this.running) return;
    const ended = new Promise((resolve) => this.#process.once("close", resolve));
    this.#process.kill(signal);
    await ended;
  }

  async #start(port) {
    const [file, ...args] = this.#program.command;
    if (!existsSync(file)) throw new Error(`${file} is not built: 'make interop' builds it`);
    const all = [...args, ...this.#program.at(port), ...this.#flags];
    const running = spawn(file, all, { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = running;
    this.url = await new Promise((resolve, reject) => {
      running.once("error", reject);
      running.once("exit", () => reject(new Error(`the server did not start:\n${this.log.join("\n")}`)));
      for (const output of [running.stdout, running.stderr]) {
        createInterface(output).on("line", (line) => {
          this.log.push(line);
          const address = /(?:listening on|open) (?:http:\/\/)?(127\.0\.0\.1:\d+)/.exec(line)?.[1];
          if (address) resolve(`http://${address}`);
        });
      }
    });
  }
}
