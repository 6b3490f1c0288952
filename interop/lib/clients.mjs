// The clients under test, of several versions, and what a test waits for.
import { io as io40 } from "socket.io-client-4.0";
import { io as io45 } from "socket.io-client-4.5";
import { io as io47 } from "socket.io-client-4.7";
import { Fetch, io as io48 } from "socket.io-client-4.8";

const MODES = {
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
  // As they are by default: polling, then an upgrade.
  upgrade: {},
};

/** Each version in each mode: its `name`, its `io`, and the `options` that make it so. */
export const CLIENTS = [
  ...Object.entries({ "4.0": io40, "4.5": io45, "4.7": io47, "4.8": io48 }).flatMap(([version, io]) =>
    Object.entries(MODES).map(([mode, options]) => ({ name: `${version}, ${mode}`, version, mode, io, options })),
  ),
  { name: "4.8, polling by fetch", version: "4.8", mode: "polling", io: io48, options: { transports: [Fetch] } },
];

/** The newest in each mode: for what does not depend on the version. */
export const NEWEST = CLIENTS.filter(({ version, name }) => version === "4.8" && !name.includes("fetch"));

// Generous: it ends a test that hangs, and measures nothing.
const PATIENCE_MS = 20_000;

export async function inTime(promise, what, ms = PATIENCE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms / 1000} s for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The arguments of an emitter's next event of this name. */
export function next(emitter, event) {
  return inTime(new Promise((resolve) => emitter.once(event, (...args) => resolve(args))), `'${event}'`);
}

const OWN = ["connect", "connect_error", "disconnect"];

/** A socket whose events are kept until they are asked for, so that none is missed. */
export class Peer {
  socket;
  /** Events that nobody has asked for yet, as `[name, ...args]`. */
  arrived = [];
  #waiting = [];

  constructor(socket) {
    this.socket = socket;
    socket.onAny((name, ...args) => this.#take([name, ...args]));
    for (const name of OWN) socket.on(name, (...args) => this.#take([name, ...args]));
  }

  #take(event) {
    const at = this.#waiting.findIndex(({ name }) => name === event[0]);
    if (at < 0) this.arrived.push(event);
    else this.#waiting.splice(at, 1)[0].resolve(event.slice(1));
  }

  /** The arguments of the first event of this name that has not been asked for. */
  async next(name) {
    const at = this.arrived.findIndex((event) => event[0] === name);
    if (at >= 0) return this.arrived.splice(at, 1)[0].slice(1);
    const arrival = new Promise((resolve) => this.#waiting.push({ name, resolve }));
    return inTime(arrival, `'${name}'; there was ${JSON.stringify(this.arrived).slice(0, 500)}`);
  }

  /** Emits, and gives the arguments of the acknowledgement. */
  ask(name, ...args) {
    return inTime(new Promise((resolve) => this.socket.emit(name, ...args, (...answer) => resolve(answer))), `the acknowledgement of '${name}'`);
  }

  get transport() {
    return this.socket.io.engine.transport.name;
  }

  /** Waits until it is on the transport on which it stays. */
  async settled() {
    const { engine } = this.socket.io;
    const { transports = ["polling", "websocket"] } = this.socket.io.opts;
    if (transports.length > 1 && engine.transport.name !== "websocket") await next(engine, "upgrade");
    return this;
  }

  close() {
    this.socket.disconnect();
  }
}

/** Opens sockets, and closes them all when the test is over. */
export function opener(test, client, server) {
  return (namespace = "/", options = {}) => {
    const socket = client.io(server.url + namespace, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...client.options, ...options });
    test.after(() => socket.disconnect());
    return new Peer(socket);
  };
}
