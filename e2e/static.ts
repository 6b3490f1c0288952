// A plain static host, as an owner may have one: files below a folder of the address, a slash added
// to folders, 404.html for what is not there, and nothing else. It serves a copy of dist/ that a
// test may edit.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = join(dirname(fileURLToPath(import.meta.url)), "../dist");

const KINDS: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

export class Host {
  readonly folder = mkdtempSync(join(tmpdir(), "realtid-site-"));
  /** What was asked for, in order. */
  readonly asked: string[] = [];
  url = "";
  private server?: Server;

  /** Serves below `/me/` what `trunk build --public-url` makes with `base`. */
  static async start(base: string): Promise<Host> {
    const host = new Host();
    cpSync(dist, host.folder, { recursive: true });
    const index = readFileSync(join(host.folder, "index.html"), "utf8");
    host.write("index.html", index.replace(/(["'=])\/(?!\/)/g, `$1${base}`));
    host.pages();
    host.server = createServer(({ url }, response) => {
      const path = decodeURIComponent(new URL(url!, "http://host").pathname);
      host.asked.push(path);
      const file = path.startsWith("/me/") ? join(host.folder, path.slice("/me".length)) : "";
      const send = (status: number, name: string) =>
        response.writeHead(status, { "content-type": KINDS[extname(name)] ?? "application/octet-stream" }).end(readFileSync(name));
      if (file && existsSync(file) && statSync(file).isFile()) return send(200, file);
      if (path.endsWith("/") && existsSync(join(file, "index.html"))) return send(200, join(file, "index.html"));
      if (existsSync(join(file, "index.html"))) return response.writeHead(301, { location: `${encodeURI(path)}/` }).end();
      send(404, join(host.folder, "404.html"));
    }).listen(0, "127.0.0.1");
    await once(host.server, "listening");
    const { port } = host.server.address() as AddressInfo;
    host.url = `http://127.0.0.1:${port}/me/`;
    return host;
  }

  /** Writes the pages anew, as an owner with Node may after editing. */
  pages(): void {
    execFileSync(process.execPath, ["pages.mjs"], { cwd: this.folder });
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  /** Changes the settings by hand. */
  configure(change: object): void {
    const config = JSON.parse(this.read("content/config.json"));
    this.write("content/config.json", JSON.stringify({ ...config, ...change }, null, 2));
  }

  stop(): void {
    this.server?.close();
    this.server?.closeAllConnections();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
