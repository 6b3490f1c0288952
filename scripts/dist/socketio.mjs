// The browser build of socket.io-client (MIT, its notice stands in the file), where pages that are
// written for a socket.io server look for it. scripts/setup installs it.
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";

/** Puts it into the site. */
export async function socketio(folder) {
  const built = join(env.REALTID_TOOLS ?? "", "node_modules/socket.io-client/dist/socket.io.min.js");
  await mkdir(join(folder, "socket.io"), { recursive: true });
  await copyFile(built, join(folder, "socket.io/socket.io.js"));
}
