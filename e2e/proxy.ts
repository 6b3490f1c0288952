// The proxy of the chaos test, between browsers and server: lines are cut, frozen and held by word.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { type Interface, createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

export class Proxy {
  url = "";
  private readonly process: ChildProcessByStdio<Writable, Readable, null>;
  private readonly answers: AsyncIterator<string>;
  private readonly lines: Interface;

  /** Starts one before the server at `url`. */
  static async start(url: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(url).host);
    const address = /^listening on (\S+)$/.exec(await proxy.answer())?.[1];
    if (!address) throw new Error("the proxy did not start");
    proxy.url = `http://${address}`;
    return proxy;
  }

  private constructor(to: string) {
    const program = process.env.CHAOS_PROXY_BIN ?? join(root, "target/debug/chaos-proxy");
    this.process = spawn(program, ["--to", to], { stdio: ["pipe", "pipe", "inherit"] });
    // One that is not there ends before it has said anything.
    this.process.once("error", () => this.lines.close());
    this.lines = createInterface({ input: this.process.stdout });
    this.answers = this.lines[Symbol.asyncIterator]();
  }

  /** Has it obey one command after the other (`chaos-proxy --help` lists them); how many lines were open. */
  async tell(...commands: string[]): Promise<number> {
    let open = 0;
    for (const command of commands) {
      this.process.stdin.write(`${command}\n`);
      const answer = await this.answer();
      const lines = /^ok (\d+)$/.exec(answer)?.[1];
      if (lines === undefined) throw new Error(`'${command}': ${answer}`);
      open = Number(lines);
    }
    return open;
  }

  async stop(): Promise<void> {
    const running = this.process;
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    running.stdin.end();
    await ended;
  }

  private async answer(): Promise<string> {
    const { value, done } = await this.answers.next();
    if (done) throw new Error("the proxy has ended; was it built? ('cargo build -p realtid-chaos')");
    return value;
  }
}
