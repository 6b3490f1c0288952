"""python-socketio as a client of the echo example, or of the chat.

Usage: client.py echo|chat URL polling|websocket|upgrade

Ends with 0 where all is as it should be.
"""

import queue
import sys
import uuid

import socketio

PATIENCE_S = 20
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}


class Peer:
    """A client whose events are kept until they are asked for."""

    def __init__(self, url, mode, namespace="/", auth=None):
        self.namespace = namespace
        self.events = {}
        self.client = socketio.Client(reconnection=False)
        self.client.on("*", self._take, namespace=namespace)
        self.client.connect(
            url, transports=TRANSPORTS[mode], namespaces=[namespace], auth=auth, wait_timeout=PATIENCE_S
        )
        wanted = "polling" if mode == "polling" else "websocket"
        assert self.client.transport() == wanted, self.client.transport()

    def _take(self, event, *args):
        self._of(event).put(args)

    def _of(self, event):
        return self.events.setdefault(event, queue.Queue())

    def next(self, event):
        return self._of(event).get(timeout=PATIENCE_S)

    def emit(self, event, *args):
        self.client.emit(event, args, namespace=self.namespace)

    def ask(self, event, *args):
        return self.client.call(event, args, namespace=self.namespace, timeout=PATIENCE_S)

    def close(self):
        self.client.disconnect()


def equal(actual, expected):
    assert actual == expected, f"{actual!r} is not {expected!r}"


def echo(url, mode):
    auth = {"token": "hemligt", "lista": [1, "två"]}
    for namespace in ["/", "/custom"]:
        peer = Peer(url, mode, namespace, auth)
        equal(peer.next("auth"), (auth,))
        for args in [
            ("Åsa 👋 \u2028",),
            ({"a": {"b": [1.5, None, True]}}, [], "fler"),
            (b"\x00\x1e\xff", {"bild": b"png", "text": "beside"}),
            (b"x" * 100_000,),
        ]:
            peer.emit("message", *args)
            equal(peer.next("message-back"), args)
            answer = peer.ask("message-with-ack", *args)
            equal(answer, args if len(args) > 1 else args[0])
        peer.close()

    try:
        Peer(url, mode, "/nowhere")
    except socketio.exceptions.ConnectionError:
        pass
    else:
        raise AssertionError("it was let into a namespace that is not there")


def chat(url, mode):
    mark = uuid.uuid4().hex[:8]

    # The tutorial's events.
    line = Peer(url, mode, auth={"nick": f"rad{mark}", "serverOffset": 0})
    # Realtid's own.
    own = Peer(url, mode)
    welcome = own.ask("join", {"nick": f"egen{mark}"})
    equal(welcome["nick"], f"egen{mark}")

    said = own.ask("say", {"id": str(uuid.uuid4()), "text": f"från {mark}"})
    equal((said["nick"], said["text"]), (f"egen{mark}", f"från {mark}"))
    while (heard := line.next("chat message"))[3] != f"från {mark}":
        pass
    equal(heard[0], f"egen{mark}: från {mark}")

    line.emit("chat message", f"svar {mark}", f"{mark}-0")
    while (heard := own.next("said")[0])["text"] != f"svar {mark}":
        pass
    equal(heard["nick"], f"rad{mark}")

    refused = Peer(url, mode)
    answer = refused.ask("join", {"nick": f"egen{mark}"})
    equal(answer["code"], "nick_taken")

    try:
        Peer(url, mode, auth={"nick": f"egen{mark}"})
    except socketio.exceptions.ConnectionError:
        pass
    else:
        raise AssertionError("a nick that is taken was given once more")

    for peer in [line, own, refused]:
        peer.close()


if __name__ == "__main__":
    what, address, mode = sys.argv[1:]
    {"echo": echo, "chat": chat}[what](address, mode)
