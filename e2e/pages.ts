// Somebody else's web server: plain files, from another origin than the chat's.
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

export type Answer = { body: string | Buffer; headers?: Record<string, string> };

export class Pages {
  private constructor(
    private readonly server: Server,
    /** By another name than the chat's, too: no cookie and no storage is shared. */
    readonly url: string,
  ) {}

  /** Serves what `find` gives for a path. */
  static async start(find: (path: string) => Answer | undefined): Promise<Pages> {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, "http://localhost");
      const answer = find(pathname);
      if (!answer) return void response.writeHead(404).end();
      response.writeHead(200, { "content-type": TYPES[extname(pathname)] ?? "text/html; charset=utf-8", ...answer.headers });
      response.end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Pages(server, `http://localhost:${(server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** The file of that path in a folder. */
export function file(folder: string, path: string): Buffer | undefined {
  const name = join(folder, path);
  return existsSync(name) ? readFileSync(name) : undefined;
}
