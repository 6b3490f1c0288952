// `<realtid-chat room="lobby">`: the chat in any page. See docs/embed.md.
//
// This is the frame around it: where it stands, when it is fetched, what is shown until then and
// where it cannot be, and what the page hears of it. What happens in the room is the program's
// business, which is the same one that the me-page runs. scripts/dist/embed.mjs fills in the names
// of the files, and the frame's styles.
const { program, wasm, chatStyle, frameStyle } = __BUILT__;

const here = (name) => new URL(name, import.meta.url).href;

/** Where a panel has no room beside the page, and covers it. The styles have the same bound. */
const PHONE = "(max-width: 35rem)";

/** Until the program is here, which has the other texts, the frame speaks for itself. */
const TEXTS = {
  sv: {
    name: "Chatt",
    open: "Öppna chatten",
    close: "Stäng chatten",
    unread: (count) => (count === 1 ? "1 oläst" : `${count} olästa`),
    loading: "Hämtar chatten …",
    unreachable: (host) => `Chatten svarar inte: ${host} går inte att nå.`,
    refused: (host) => `Chatten går inte att visa här: ${host} lämnar inte ut den till den här sidan.`,
    again: "Försök igen",
  },
  en: {
    name: "Chat",
    open: "Open the chat",
    close: "Close the chat",
    unread: (count) => `${count} unread`,
    loading: "Loading the chat …",
    unreachable: (host) => `The chat does not answer: ${host} cannot be reached.`,
    refused: (host) => `The chat cannot be shown here: ${host} does not hand it out to this page.`,
    again: "Try again",
  },
};

const styles = new CSSStyleSheet();
styles.replaceSync(frameStyle);

let failures = 0;
let loading;

/** The program, fetched once for all chats of the page; after a failure, anew when it is asked for. */
function load() {
  loading ??= start().catch((error) => {
    failures += 1;
    loading = undefined;
    throw error;
  });
  return loading;
}

async function start() {
  const module_or_path = fetch(here(wasm));
  // Whoever waits for the program hears of it.
  module_or_path.catch(() => {});
  // A browser may remember for good that a module failed.
  const glue = await import(here(failures ? `${program}?again=${failures}` : program));
  await glue.default({ module_or_path });
  return glue;
}

/** Whether the server is there at all, for a page that may not read what it sends. */
async function answers() {
  try {
    const answer = await fetch(here(program), { mode: "no-cors", cache: "no-store" });
    return answer.type === "opaque" || answer.ok;
  } catch {
    return false;
  }
}

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(svg.namespaceURI, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

class RealtidChat extends HTMLElement {
  static observedAttributes = ["room", "lang", "server", "mode", "nick"];

  /** The chat, once it is here: the program's `Embedded`. */
  #chat;
  /** Counts what is begun, so that what comes of it later is known to be over. */
  #turn = 0;
  #busy = false;
  #failure;
  #inView = false;
  #unread = 0;
  #observer;

  #count = make("span", { class: "embed-count", "aria-hidden": "true" });
  #launcher = make(
    "button",
    { type: "button", class: "embed-launcher", "aria-haspopup": "dialog", "data-testid": "embed-launcher" },
    icon("M20.5 11.6a8 8 0 0 1-8.3 7.7 9 9 0 0 1-3.2-.6L3.8 20.3l1.5-4.1a7.2 7.2 0 0 1-1.8-4.6 8 8 0 0 1 8.5-7.7 8 8 0 0 1 8.5 7.7z"),
    this.#count,
  );
  #close = make("button", { type: "button", class: "plain", "data-testid": "embed-close" }, icon("M6 6l12 12M18 6L6 18"));
  #bar = make("div", { class: "embed-bar" }, this.#close);
  #panel = make("dialog", { class: "embed-panel" }, this.#bar);
  #place = make("div", { class: "embed-place" });
  #tag = make("div", { class: "embed" });
  #style;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styles];
    root.append(this.#tag);
    this.#launcher.addEventListener("click", () => (this.#panel.open ? this.close() : this.open()));
    this.#close.addEventListener("click", () => this.close());
    this.#panel.addEventListener("close", () => this.#closed());
    this.#panel.addEventListener("keydown", (event) => {
      // Something within it was closed by the same key, or an input method's choice was.
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      event.stopPropagation();
      this.close();
    });
    for (const type of ["keydown", "keypress", "keyup"]) {
      // From outside the target is this element: a page's shortcuts would take it for none that
      // one writes in.
      root.addEventListener(type, (event) => event.target.matches("input, textarea") && event.stopPropagation());
    }
  }

  /** Opens the panel, in overlay mode. */
  open() {
    if (!this.#overlay || !this.isConnected || this.#panel.open) return;
    if (matchMedia(PHONE).matches) this.#panel.showModal();
    else this.#panel.show();
    this.#nameLauncher();
    visualViewport.addEventListener("resize", this.#fit);
    visualViewport.addEventListener("scroll", this.#fit);
    this.#fit();
    this.#look();
    this.#begin();
    this.#focusField();
  }

  /** Closes it again; the chat goes on, and counts what is not seen. */
  close() {
    this.#panel.close();
  }

  connectedCallback() {
    document.addEventListener("visibilitychange", this.#look);
    this.#show();
    if (this.#observer) return;
    this.#observer = new IntersectionObserver((entries) => {
      this.#inView = entries.at(-1).isIntersecting;
      this.#look();
      if (this.#inView && !this.#overlay && !this.#failure) this.#begin();
    });
    // In overlay mode it has no box, and is never in view.
    this.#observer.observe(this);
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#look);
    // One that is moved is back already.
    queueMicrotask(() => this.isConnected || this.#end());
  }

  attributeChangedCallback(name, old, value) {
    if (!this.isConnected || old === value) return;
    this.#show();
    if (name === "mode") return;
    if (name === "room" || name === "server") this.#setUnread(0);
    this.#chat?.update(...this.#props);
  }

  get #overlay() {
    return this.getAttribute("mode") === "overlay";
  }

  /** Such as the page's, or the reader's own: Norwegian and Danish readers read Swedish. */
  get #lang() {
    const tag = this.closest("[lang]")?.getAttribute("lang") || navigator.language;
    return /^(sv|nb|nn|no|da)\b/i.test(tag) ? "sv" : "en";
  }

  get #props() {
    const server = this.getAttribute("server") || new URL(import.meta.url).origin;
    return [server, this.getAttribute("room") || "lobby", this.#lang, this.getAttribute("nick") ?? ""];
  }

  /** Puts the parts where the attributes want them. */
  #show() {
    const texts = TEXTS[this.#lang];
    this.#tag.lang = this.#lang;
    this.#panel.setAttribute("aria-label", texts.name);
    this.#close.setAttribute("aria-label", texts.close);
    this.#close.title = texts.close;
    this.#nameLauncher();
    if (this.#failure) this.#fail(this.#failure);
    else if (this.#busy) this.#wait();

    const parent = this.#overlay ? this.#panel : this.#tag;
    if (this.#place.parentNode === parent) return;
    parent.append(this.#place);
    if (this.#overlay) {
      this.#tag.append(this.#launcher, this.#panel);
    } else {
      this.#panel.close();
      this.#launcher.remove();
      this.#panel.remove();
    }
    this.#tag.classList.toggle("inline", !this.#overlay);
    this.#look();
  }

  #nameLauncher() {
    const { open, close, unread } = TEXTS[this.#lang];
    this.#launcher.setAttribute("aria-expanded", String(this.#panel.open));
    const label = this.#panel.open ? close : open;
    this.#launcher.setAttribute("aria-label", this.#unread ? `${label}, ${unread(this.#unread)}` : label);
    this.#count.textContent = this.#unread > 99 ? "99+" : this.#unread || "";
  }

  #closed() {
    visualViewport.removeEventListener("resize", this.#fit);
    visualViewport.removeEventListener("scroll", this.#fit);
    this.#nameLauncher();
  }

  /** The part of the page that a phone's keyboard leaves. Zooming in is none of that. */
  #fit = () => {
    if (visualViewport.scale > 1.01) return;
    this.#panel.style.setProperty("--top", `${visualViewport.offsetTop}px`);
    this.#panel.style.setProperty("--height", `${visualViewport.height}px`);
  };

  /** What the reader has before them is read. */
  #look = () => {
    if (this.#isSeen) this.#setUnread(0);
  };

  get #isSeen() {
    return document.visibilityState === "visible" && (this.#overlay ? this.#panel.open : this.#inView);
  }

  #setUnread(count) {
    if (count === this.#unread) return;
    this.#unread = count;
    this.#nameLauncher();
    this.#tell("unread", { count, room: this.#props[1] });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(`realtid:${name}`, { bubbles: true, composed: true, detail }));
  }

  /** Called by the program, with each message that comes. */
  #said(nick, text, seq, at, id, mine) {
    this.#tell("message", { nick, text, seq, at, id, room: this.#props[1], mine });
    if (!mine && !this.#isSeen) this.#setUnread(this.#unread + 1);
  }

  async #begin() {
    if (this.#chat || this.#busy) return;
    this.#busy = true;
    this.#failure = undefined;
    const turn = ++this.#turn;
    this.#wait();
    try {
      const [glue] = await Promise.all([load(), this.#styled()]);
      if (turn !== this.#turn) return;
      // A new one each time: the program never lets go of what it once stood in.
      const root = make("div", { class: "embed-root" });
      this.#place.replaceChildren(root);
      const host = { said: (...said) => turn === this.#turn && this.#said(...said) };
      this.#chat = glue.chat(root, host, ...this.#props);
      this.#focusField();
    } catch (error) {
      const why = (await answers()) ? "refused" : "unreachable";
      if (turn !== this.#turn) return;
      console.warn(
        `realtid-chat: ${error}\n${new URL(import.meta.url).host} ` +
          (why === "refused"
            ? `answers, but not to this page. Is it started with --allow-origin ${location.origin}? See docs/embed.md.`
            : "cannot be reached, or this page's Content-Security-Policy does not allow it. See docs/embed.md."),
      );
      this.#failure = why;
      this.#fail(why);
    } finally {
      if (turn === this.#turn) this.#busy = false;
    }
  }

  /** The chat's own styles, within the shadow root: without them it is not shown. */
  #styled() {
    this.#style ??= new Promise((resolve, reject) => {
      const link = make("link", { rel: "stylesheet", href: here(chatStyle) });
      link.addEventListener("load", resolve);
      link.addEventListener("error", () => {
        link.remove();
        this.#style = undefined;
        reject(new Error(`${link.href} could not be loaded`));
      });
      this.shadowRoot.prepend(link);
    });
    return this.#style;
  }

  /** Gone from the page: hangs up, and begins anew where it is put back. */
  #end() {
    this.#turn += 1;
    this.#observer?.disconnect();
    this.#observer = undefined;
    this.#panel.close();
    this.#chat?.destroy();
    this.#chat = undefined;
    this.#busy = false;
    this.#failure = undefined;
    this.#inView = false;
    this.#unread = 0;
    this.#place.replaceChildren();
  }

  #wait() {
    const bones = [1, 2, 3, 4].map(() => make("span", { class: "bone", "aria-hidden": "true" }));
    const words = make("p", { class: "sr-only" }, TEXTS[this.#lang].loading);
    this.#place.replaceChildren(make("div", { class: "embed-waiting", role: "status", "data-testid": "embed-loading" }, words, ...bones));
  }

  #fail(why) {
    const { [why]: says, again } = TEXTS[this.#lang];
    const button = make("button", { type: "button", class: "secondary" }, again);
    button.addEventListener("click", () => this.#begin());
    const words = make("p", {}, says(new URL(import.meta.url).host));
    this.#place.replaceChildren(make("div", { class: "embed-failed", role: "alert", "data-testid": "embed-failed" }, words, button));
  }

  /** Into the panel, to where one writes. A phone would cover half the chat with its keyboard. */
  #focusField() {
    if (!this.#panel.open || matchMedia("(pointer: coarse)").matches) return;
    // When the program has drawn it.
    requestAnimationFrame(() => {
      const focused = this.shadowRoot.activeElement;
      if (focused && focused !== this.#close && focused !== this.#launcher && focused !== this.#panel) return;
      this.#place.querySelector("textarea, input")?.focus();
    });
  }
}

// A page may name the script twice.
if (!customElements.get("realtid-chat")) customElements.define("realtid-chat", RealtidChat);
