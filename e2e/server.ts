// The real server, as a process that a test can kill and start again.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

export class Server {
  readonly data = mkdtempSync(join(tmpdir(), "realtid-e2e-"));
  url = "";
  private process?: ChildProcess;

  static async start(...flags: string[]): Promise<Server> {
    const server = new Server(flags);
    await server.start("127.0.0.1:0");
    return server;
  }

  private constructor(private readonly flags: string[]) {}

  /** Starts it again, at the address of before and over the same data. */
  async restart(): Promise<void> {
    await this.start(new URL(this.url).host);
  }

  /** SIGKILL: no chance to tidy up. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
    rmSync(this.data, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const running = this.process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill(signal);
    await ended;
  }

  private async start(listen: string): Promise<void> {
    const program = process.env.REALTID_BIN ?? join(root, "target/debug/realtid");
    const flags = ["--listen", listen, "--data-dir", this.data, "--assets", join(root, "dist")];
    const running = spawn(program, [...flags, ...this.flags], { stdio: ["ignore", "ignore", "pipe"] });
    this.process = running;
    const log: string[] = [];
    this.url = await new Promise<string>((resolve, reject) => {
      running.once("error", reject);
      running.once("exit", () => reject(new Error(`the server did not start:\n${log.join("\n")}`)));
      createInterface({ input: running.stderr! }).on("line", (line) => {
        log.push(line);
        const address = /open (http:\/\/\S+)/.exec(line)?.[1];
        if (address) resolve(address);
      });
    });
  }
}
