// What both node peers share: their arguments, how they begin to listen, what they accept, and how
// far behind a reader may be. What they send, and to whom, is theirs.
import { createServer } from "node:http";
import { parseArgs } from "node:util";

// Connections that wait to be accepted: thousands come at once.
const BACKLOG = 8192;

// Bytes that may wait for a reader that is slow. The libraries queue without bound.
export const SLOW_BYTES = 16 * 1024 * 1024;

// How often the slow are looked for, in milliseconds.
export const SLOW_CHECK_MS = 1000;

/** Serves WebSockets at `--port`; `attach` gives the library the HTTP server. */
export function serve(name, attach) {
  const usage = `Usage: node ${name}.mjs --port PORT\nServes the benchmark's chat with ${name} at 127.0.0.1:PORT.`;
  const { port, help } = options(usage);
  if (help) {
    console.log(usage);
    return;
  }
  const server = createServer((_, response) => response.writeHead(426).end());
  attach(server);
  server.on("error", (error) => stop(`cannot listen on port ${port}: ${error.message}`));
  server.listen({ host: "127.0.0.1", port, backlog: BACKLOG }, () => {
    console.error(`listening on ${server.address().port}`);
  });
}

function options(usage) {
  try {
    const { values } = parseArgs({ options: { port: { type: "string" }, help: { type: "boolean" } } });
    const port = Number(values.port);
    if (values.help || (/^\d+$/.test(values.port) && port < 65536)) return { port, help: values.help };
    throw new Error("--port needs a number from 0 to 65535");
  } catch (error) {
    return stop(`${error.message}\n${usage}`);
  }
}

function stop(message) {
  console.error(message);
  process.exit(2);
}

/** What is wrong with a `join`, or undefined. */
export function invalidJoin({ nick, room }) {
  if (!isText(nick, 1, 32)) return "nick: 1-32 characters";
  if (!isText(room, 1, 32)) return "room: 1-32 characters";
}

/** What is wrong with a `say`, or undefined. */
export function invalidSay({ id, text }) {
  if (!isText(id, 20, 40)) return "id: 20-40 characters";
  if (!isText(text, 1, 4000)) return "text: 1-4,000 characters";
}

function isText(value, least, most) {
  return typeof value === "string" && value.length >= least && value.length <= most;
}

let authors = 0;

/** 16 characters that no other visitor has. */
export function newAuthor() {
  return String(++authors).padStart(16, "0");
}
