"""What the page is asked for and is let through; what it would ask of others and is left out."""

import asyncio
import json
import re
from contextlib import suppress

from request_body import LARGEST_BODY, Events, SenselessError, own_body
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Of all bodies that are on their way, and how long one may be that.
MOST_BYTES = 16 * LARGEST_BODY
BODY_SECONDS = 60.0
TOO_LONG = 413, "The conversation is too long. Start a new one."

# All that the page asks for. Uploads, files, proxied addresses, other programs' calls and Gradio's tools for authors are not among it.
ALLOWED = {
    "GET": re.compile(
        r"/(healthz|livez|config|theme\.css|favicon\.ico|assets/.+|static/.+"
        r"|gradio_api/(theme\.css|info|startup-events|heartbeat/\w+|queue/data))?"
    ),
    "POST": re.compile(r"/gradio_api/(queue/join|cancel|reset)"),
}
# Answers may name pictures anywhere: a browser that fetched them would tell a stranger what was answered.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]
# What Gradio's page would ask others for.
ELSEWHERE = re.compile(
    rb"""<link\s+rel="preconnect"[^>]*>|<script\s+src="https?://[^>]*>\s*</script>|<link\s+rel="manifest"[^>]*>|<meta\s[^>]*=\"https?://[^>]*>"""
)

# A browser that is told of none asks for one at the root, which behind a path prefix is somebody else's.
NO_ICON = b'<link rel="icon" href="data:,">'


class RefusedError(Exception):
    """What a browser is told, with the status, when a body is not let through."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.answer = status, text


class RequestFilter:
    """Lets through what the page needs, with or without the path prefix, and nothing larger than a conversation."""

    def __init__(self, app: ASGIApp, prefix: str, events: Events) -> None:
        self.app = app
        self.prefix = prefix
        self.events = events
        self.bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = self.own_path(scope["path"])
        headers: dict[bytes, bytes] = dict(scope["headers"])
        refusal = refusal_of(scope["method"], path, headers.get(b"content-length", b"0"))
        if refusal is not None:
            await plain(send, *refusal)
            return
        if path == "/":
            # It is changed below, which a compressed one cannot be.
            headers.pop(b"accept-encoding", None)
        if scope["method"] == "POST":
            # It is another one below.
            headers.pop(b"content-length", None)
        scope = {**scope, "path": path, "raw_path": path.encode(), "headers": list(headers.items())}
        if scope["method"] == "POST":
            try:
                receive = await self.checked(receive)
            except RefusedError as error:
                await plain(send, *error.answer)
                return
        # An answer that is cut off because the page ends is no error.
        with suppress(asyncio.CancelledError):
            await self.app(scope, receive, changed_page(send) if path == "/" else guarded(send))

    async def checked(self, receive: Receive) -> Receive:
        """The body as Gradio may have it, once it is there."""
        try:
            body = own_body(await asyncio.wait_for(self.whole(receive), BODY_SECONDS), self.events)
        except SenselessError as error:
            raise RefusedError(400, str(error)) from None
        except TimeoutError:
            raise RefusedError(408, "The request takes too long.") from None
        return replayed(body, receive)

    async def whole(self, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size, more = 0, True
        try:
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RefusedError(400, "The request has no end.")
                part, more = message.get("body", b""), message.get("more_body", False)
                parts.append(part)
                size, self.bytes = size + len(part), self.bytes + len(part)
                if size > LARGEST_BODY:
                    raise RefusedError(*TOO_LONG)
                if self.bytes > MOST_BYTES:
                    raise RefusedError(503, "This page has too much to read. Try again in a moment.")
            return b"".join(parts)
        finally:
            self.bytes -= size

    def own_path(self, path: str) -> str:
        """Without the prefix, which a proxy may have stripped already."""
        if self.prefix and (path == self.prefix or path.startswith(f"{self.prefix}/")):
            return path.removeprefix(self.prefix) or "/"
        return path


def refusal_of(method: str, path: str, length: bytes) -> tuple[int, str] | None:
    """Status and reason for what is not let through."""
    allowed = ALLOWED.get("GET" if method == "HEAD" else method)
    if allowed is None or not allowed.fullmatch(path) or ".." in path:
        return 404, "There is nothing here."
    if not re.fullmatch(rb"\d{1,12}", length) or int(length) > LARGEST_BODY:
        return TOO_LONG
    return None


async def plain(send: Send, status: int, text: str) -> None:
    body = json.dumps({"detail": text}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await guarded(send)({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def replayed(body: bytes, receive: Receive) -> Receive:
    """The body in one piece, then what comes from the browser, which is that it has gone."""
    given = False

    async def part() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return part


def guarded(send: Send) -> Send:
    async def part(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *HEADERS]}
        await send(message)

    return part


def changed_page(send: Send) -> Send:
    """The page without what it would ask others for."""
    start: Message = {}
    body = b""

    async def part(message: Message) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start":
            start = message
            return
        body += message.get("body", b"")
        if not message.get("more_body", False):
            own = ELSEWHERE.sub(b"", body).replace(b"</head>", NO_ICON + b"</head>", 1)
            headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            await guarded(send)({**start, "headers": [*headers, (b"content-length", str(len(own)).encode())]})
            await send({"type": "http.response.body", "body": own})

    return part
