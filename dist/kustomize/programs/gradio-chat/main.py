"""A chat page for one vLLM server.

usage: gradio_chat.py --server-url URL --model NAME [options]; --help lists them

Answers are streamed from /v1/chat/completions. Whatever goes wrong there ends up as a sentence under what has been written so far:
a question is never lost, and Retry asks it again. The page keeps nothing: a conversation lives in the browser that shows it.
Exit codes as in sysexits.h: 0 asked to stop, 64 wrong usage, 78 the port cannot be used.
"""

import argparse
import asyncio
import html
import json
import logging
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

# Before the import, which reads it: nothing is reported to anybody.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1")

import fastapi
import gradio as gr
import httpx
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Conversation = list[dict[str, Any]]

CONNECT_SECONDS = 5.0
COUNT_SECONDS = 10.0
# Only before the first word of an answer. Longer waits are the person's choice.
RETRY_SECONDS = (0.5, 2.0)
LONGEST_RETRY_SECONDS = 5.0
# As fast as one can read; each update is sent to the browser as a whole.
UPDATE_SECONDS = 0.05
LARGEST_EVENT = 2**20
LONGEST_ANSWER = 400_000
LARGEST_REQUEST = 8 * 2**20
SHOWN_MESSAGES = 400
STOP_SECONDS = 2

AGAIN = "Your question is kept: choose Retry."
LATER = "Your question is kept: choose Retry in a moment."


@dataclass(frozen=True)
class Settings:
    server_url: str
    model: str
    title: str
    system_prompt: str
    max_message_length: int
    max_model_len: int
    max_tokens: int
    temperature: float
    max_answers: int
    first_token_seconds: float
    next_token_seconds: float
    answer_seconds: float
    api_key_file: str | None
    path_prefix: str
    host: str
    port: int


class Unanswered(Exception):
    """Why there is no answer, or no more of it; the text is what a person reads."""


class TemporarilyUnanswered(Unanswered):
    """It may be otherwise in a moment."""

    def __init__(self, text: str, after_seconds: float = 0.0) -> None:
        super().__init__(text)
        self.after_seconds = after_seconds


class NoSystemPrompt(Unanswered):
    """The model's chat template has no place for a system prompt."""


@dataclass
class Turn:
    question: str
    answer: str = ""


@dataclass(frozen=True)
class Wishes:
    system_prompt: str
    temperature: float
    max_tokens: int


@dataclass
class Outcome:
    """What is said about an answer below it."""

    notices: list[str] = field(default_factory=list)


class Server:
    """The vLLM server, as far as one question needs it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.takes_system_prompt = True
        # The server is named by whoever runs this: a proxy of the environment is for other addresses.
        self.client = httpx.AsyncClient(
            base_url=settings.server_url,
            timeout=httpx.Timeout(CONNECT_SECONDS, read=None),
            limits=httpx.Limits(max_connections=2 * settings.max_answers),
            headers={"accept-encoding": "identity"},
            trust_env=False,
        )

    async def answer(self, turns: Sequence[Turn], wishes: Wishes, outcome: Outcome) -> AsyncGenerator[str, None]:
        """Pieces of the answer to the last question."""
        try:
            async with aclosing(self.fitting_answer(turns, wishes, outcome)) as pieces:
                async for piece in pieces:
                    yield piece
        except NoSystemPrompt:
            # From now on it stands before the first question, where every template has a place.
            self.takes_system_prompt = False
            async with aclosing(self.fitting_answer(turns, wishes, outcome)) as pieces:
                async for piece in pieces:
                    yield piece

    async def fitting_answer(self, turns: Sequence[Turn], wishes: Wishes, outcome: Outcome) -> AsyncGenerator[str, None]:
        left_out = await self.to_leave_out(turns, wishes)
        if left_out > 0:
            oldest = "oldest question" if left_out == 1 else f"{left_out} oldest questions"
            outcome.notices.append(f"The model no longer sees the {oldest} of this conversation: its context is full.")
        body = {
            "model": self.settings.model,
            "messages": self.messages(turns[left_out:], wishes),
            "temperature": wishes.temperature,
            "max_tokens": wishes.max_tokens,
            "stream": True,
        }
        for pause in (*RETRY_SECONDS, None):
            written = False
            try:
                async with aclosing(self.streamed(body, outcome)) as pieces:
                    async for piece in pieces:
                        written = True
                        yield piece
                return
            except TemporarilyUnanswered as error:
                if pause is None or written or error.after_seconds > LONGEST_RETRY_SECONDS:
                    raise
                await asyncio.sleep(max(pause, error.after_seconds))

    def messages(self, turns: Sequence[Turn], wishes: Wishes) -> list[dict[str, str]]:
        """What the model reads: roles alternate, as many chat templates demand."""
        messages = []
        if wishes.system_prompt and self.takes_system_prompt:
            messages.append({"role": "system", "content": wishes.system_prompt})
        for turn in turns[:-1]:
            messages += [{"role": "user", "content": turn.question}, {"role": "assistant", "content": turn.answer}]
        messages.append({"role": "user", "content": turns[-1].question})
        if wishes.system_prompt and not self.takes_system_prompt:
            messages[0] = {"role": "user", "content": f"{wishes.system_prompt}\n\n{messages[0]['content']}"}
        return messages

    async def to_leave_out(self, turns: Sequence[Turn], wishes: Wishes) -> int:
        """How many of the oldest turns do not fit the context beside the answer."""
        room = self.settings.max_model_len - wishes.max_tokens
        least, most = 0, len(turns) - 1
        while True:
            count = await self.count_tokens(self.messages(turns[least:], wishes), room)
            if count is None or count <= room:
                break
            if least == most:
                raise Unanswered(
                    f"This question has {count:,} tokens, the system prompt included, but only {room:,} fit beside an answer of"
                    f" {wishes.max_tokens:,}: the model's context holds {self.settings.max_model_len:,}. Shorten the question, or"
                    " choose a shorter answer in the settings."
                )
            # What is left out is at least this much too long; the newest turns are the last to go.
            excess, freed = (count - room) / count, 0
            total = sum(len(turn.question) + len(turn.answer) for turn in turns[least:])
            while least < most and (freed == 0 or freed < excess * total):
                freed += max(1, len(turns[least].question) + len(turns[least].answer))
                least += 1
        return least

    async def count_tokens(self, messages: list[dict[str, str]], room: int) -> int | None:
        """As the server counts them; None when it does not say, for it will say itself that there are too many."""
        # No tokenizer makes more tokens than bytes; a template adds some to each message.
        if sum(len(message["content"].encode()) + 32 for message in messages) <= room:
            return None
        try:
            response = await self.client.post(
                "/tokenize", json={"model": self.settings.model, "messages": messages}, headers=self.key(), timeout=COUNT_SECONDS
            )
            count = response.json()["count"] if response.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None
        return count if isinstance(count, int) else None

    def key(self) -> dict[str, str]:
        """Read each time: a Secret's file follows when its key is changed."""
        path = self.settings.api_key_file
        if path is None:
            return {}
        try:
            with open(path, encoding="ascii") as file:
                return {"authorization": f"Bearer {file.read().strip()}"}
        except (OSError, ValueError):
            raise Unanswered("This page cannot read its key for the server. Tell whoever runs it.") from None

    async def streamed(self, body: dict[str, object], outcome: Outcome) -> AsyncGenerator[str, None]:
        """One attempt at an answer."""
        settings = self.settings
        end = time.monotonic() + settings.answer_seconds
        request = self.client.build_request("POST", "/v1/chat/completions", json=body, headers=self.key())
        try:
            response = await asyncio.wait_for(self.client.send(request, stream=True), settings.first_token_seconds)
        except TimeoutError:
            raise TemporarilyUnanswered(busy(), LONGEST_RETRY_SECONDS + 1) from None
        except httpx.HTTPError:
            raise TemporarilyUnanswered(
                f"The model does not answer at the moment. It may be loading, which takes minutes after a start. {LATER}"
            ) from None
        try:
            if response.status_code != httpx.codes.OK:
                raise await refusal(response, settings)
            written, finished = 0, None
            async with aclosing(events(response, settings, end)) as parsed:
                async for event in parsed:
                    piece, reason = part_of(event)
                    finished = reason or finished
                    written += len(piece)
                    if written > LONGEST_ANSWER:
                        raise Unanswered(f"The answer ends here: it has more than {LONGEST_ANSWER:,} characters.")
                    if piece:
                        yield piece
            if finished is None or finished == "abort":
                raise Unanswered(f"The answer ends here: the server stopped in the middle of it. {AGAIN}")
            if finished == "length":
                outcome.notices.append(
                    f"The answer reached its limit of {body['max_tokens']:,} tokens. Ask to go on, or allow a longer one in the settings."
                )
            elif written == 0:
                outcome.notices.append(f"The model has nothing to say to that. {AGAIN}")
        finally:
            # The server stops writing when nobody reads.
            await response.aclose()


def busy() -> str:
    return f"The model is busy with other questions. {LATER}"


async def refusal(response: httpx.Response, settings: Settings) -> Unanswered:
    """What another status than 200 means to a person."""
    status = response.status_code
    try:
        text = await asyncio.wait_for(beginning(response), COUNT_SECONDS)
        message = json.loads(text)["error"]["message"]
    except (TimeoutError, httpx.HTTPError, ValueError, KeyError, TypeError):
        message = ""
    reason = " ".join(str(message).split())[:300]
    if status in (429, 503):
        return TemporarilyUnanswered(busy(), retry_after(response))
    if status in (502, 504):
        return TemporarilyUnanswered(f"The model cannot be reached at the moment. {LATER}", retry_after(response))
    if status in (401, 403):
        return Unanswered("The server does not accept this page's key. Tell whoever runs it: its Secret does not hold the server's key.")
    if status == 404:
        return Unanswered(f"The server does not know the model {settings.model}. Tell whoever runs this page.")
    if status == 400 and re.search("system role", reason, re.IGNORECASE):
        return NoSystemPrompt("This model takes no system prompt: clear it in the settings.")
    if status == 413 or (status == 400 and re.search("context length|longer than|too long|max_model_len", reason, re.IGNORECASE)):
        return Unanswered(
            f"The conversation is too long for the model's context of {settings.max_model_len:,} tokens. Shorten the question, choose a"
            " shorter answer in the settings, or start a new conversation."
        )
    if status >= 500:
        return Unanswered(f"The server failed (status {status}). {AGAIN}")
    return Unanswered(f"The server refuses this question (status {status}){f': {reason}' if reason else ''}")


async def beginning(response: httpx.Response) -> str:
    """A faulty server may never stop to explain itself."""
    read = b""
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) > LARGEST_EVENT:
            break
    return read.decode("utf-8", "replace")


def retry_after(response: httpx.Response) -> float:
    """0 when it says nothing, or a date."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0


async def events(response: httpx.Response, settings: Settings, end: float) -> AsyncGenerator[dict[str, Any], None]:
    """Server-sent events up to [DONE]; lines are cut at bytes, for an answer may hold every separator that str.splitlines knows."""
    chunks = response.aiter_raw()
    rest, begun = b"", False
    deadline = min(time.monotonic() + settings.first_token_seconds, end)
    while True:
        while b"\n" not in rest:
            try:
                rest += await asyncio.wait_for(anext(chunks), max(0.0, deadline - time.monotonic()))
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise timed_out(begun, settings, end) from None
            except httpx.HTTPError:
                raise Unanswered(f"The answer ends here: the connection to the server was lost. {AGAIN}") from None
            if len(rest) > LARGEST_EVENT:
                raise Unanswered(f"The answer ends here: the server sent something that is no part of an answer. {AGAIN}")
        line, rest = rest.split(b"\n", 1)
        if not line.startswith(b"data:"):
            continue
        data = line.removeprefix(b"data:").strip().decode("utf-8", "replace")
        if data == "[DONE]":
            return
        try:
            event = json.loads(data)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            raise Unanswered(f"The answer ends here: the server sent something that is no part of an answer. {AGAIN}")
        begun = True
        yield event
        deadline = min(time.monotonic() + settings.next_token_seconds, end)


def timed_out(begun: bool, settings: Settings, end: float) -> Unanswered:
    if time.monotonic() >= end:
        return Unanswered(f"The answer ends here: it took more than {settings.answer_seconds:g} seconds. {AGAIN}")
    if begun:
        return Unanswered(f"The answer ends here: the server has sent nothing for {settings.next_token_seconds:g} seconds. {AGAIN}")
    return Unanswered(busy())


def part_of(event: dict[str, Any]) -> tuple[str, str | None]:
    """The text of one event, and why the answer is over if it is."""
    if "error" in event:
        raise Unanswered(f"The answer ends here: the server failed in the middle of it. {AGAIN}")
    try:
        choices = event["choices"]
        if not choices:
            return "", None
        text, reason = choices[0].get("delta", {}).get("content"), choices[0].get("finish_reason")
    except (KeyError, IndexError, AttributeError, TypeError):
        raise Unanswered(f"The answer ends here: the server sent something that is no part of an answer. {AGAIN}") from None
    return text if isinstance(text, str) else "", reason if isinstance(reason, str) else None


NOTICE = "notice"


def said(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text}


def notice(text: str) -> dict[str, Any]:
    """Something that the page says, and the model neither said nor sees."""
    return {**said("assistant", f"*{text}*"), "metadata": {"id": NOTICE}}


def read_conversation(value: object) -> Conversation:
    """What a browser sends, reduced to the texts that this page itself has put there: it may send anything."""
    conversation: Conversation = []
    for message in value if isinstance(value, list) else []:
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            continue
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        text = "".join(
            part["text"] for part in parts if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
        )
        metadata = message.get("metadata")
        is_notice = isinstance(metadata, dict) and metadata.get("id") == NOTICE
        conversation.append({**said(message["role"], text), **({"metadata": {"id": NOTICE}} if is_notice else {})})
    return conversation[-SHOWN_MESSAGES:]


def up_to_last_question(conversation: Conversation) -> Conversation:
    questions = [index for index, message in enumerate(conversation) if message["role"] == "user"]
    return conversation[: questions[-1] + 1] if questions else []


def turns_of(conversation: Conversation) -> list[Turn]:
    """Questions with their answers; of those that got none, only the last."""
    turns: list[Turn] = []
    for message in conversation:
        if message["role"] == "user":
            turns.append(Turn(message["content"]))
        elif turns and "metadata" not in message:
            turns[-1].answer += message["content"]
    return [turn for turn in turns[:-1] if turn.answer] + turns[-1:]


def number(value: object, least: float, most: float, default: float) -> float:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    return min(most, max(least, float(value))) if usable else default  # type: ignore[arg-type]


class Page:
    """What a person sees, and what happens on a key or a click."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.server = Server(settings)
        self.answering = 0
        self.blocks = gr.Blocks(title=settings.title, analytics_enabled=False)
        with self.blocks:
            self.build()
        # Requests wait here for one moment only: who may be answered is decided by `answer`.
        self.blocks.queue(api_open=False, max_size=8 * settings.max_answers, default_concurrency_limit=None)

    def build(self) -> None:
        settings = self.settings
        # In a tag, so that it is no Markdown. Gradio's HTML component would have the browser evaluate strings.
        gr.Markdown(f"<div><h1>{html.escape(settings.title)}</h1><p>Model: {html.escape(settings.model)}</p></div>", elem_id="about")
        self.conversation = gr.Chatbot(
            label="Conversation", show_label=False, elem_id="conversation", buttons=["copy"], layout="bubble",
            feedback_options=None, allow_file_downloads=False, height=None,
            placeholder="Ask something. The conversation stays in this browser and is gone when the page is closed.",
        )  # fmt: skip
        self.question = gr.Textbox(
            label="Your question", elem_id="question", lines=1, max_lines=5, autofocus=True, submit_btn="Send",
            placeholder="Type here; Enter sends it",
        )  # fmt: skip
        with gr.Row(elem_id="actions"):
            self.retry = gr.Button("Retry", size="sm", elem_id="retry", min_width=80)
            self.renew = gr.Button("New conversation", size="sm", elem_id="renew", min_width=80)
        with gr.Accordion("Settings", open=False, elem_id="settings"):
            self.system_prompt = gr.Textbox(
                settings.system_prompt, label="System prompt", info="How the model should answer",
                elem_id="system-prompt", lines=2, max_lines=8,
            )  # fmt: skip
            with gr.Row():
                self.temperature = gr.Slider(
                    0, 2, settings.temperature, step=0.1, label="Temperature", elem_id="temperature",
                    info="0: always the same answer; higher: more varied",
                )  # fmt: skip
                self.max_tokens = gr.Slider(
                    1, settings.max_tokens, settings.max_tokens, step=1, label="Longest answer", elem_id="max-tokens",
                    info="In tokens; a word is one or two",
                )  # fmt: skip
        wishes = [self.system_prompt, self.temperature, self.max_tokens]
        controls = [self.question, self.retry, self.renew]
        # Nothing is made of what a browser sends but by `read_conversation`: Gradio would build any component it names.
        asked = gr.on(
            [self.question.submit, self.retry.click], self.ask, [self.question, self.conversation, *wishes], [self.conversation, *controls],
            show_progress="hidden", trigger_mode="once", concurrency_limit=None, preprocess=False, api_visibility="private",
        )  # fmt: skip
        self.question.stop(
            self.stopped, [self.conversation], [self.conversation, *controls], cancels=[asked],
            show_progress="hidden", preprocess=False, api_visibility="private",
        )  # fmt: skip
        self.renew.click(list, None, [self.conversation], show_progress="hidden", api_visibility="private")

    @staticmethod
    def controls(running: bool, **question: Any) -> tuple[dict[str, Any], ...]:
        return (
            gr.update(submit_btn=False if running else "Send", stop_btn="Stop" if running else False, **question),
            gr.update(interactive=not running),
            gr.update(interactive=not running),
        )

    async def ask(
        self, question: object, shown: object, system_prompt: object, temperature: object, max_tokens: object, event: gr.EventData
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        """Send and Retry: one event, so that neither begins while the other is at work."""
        conversation = read_conversation(shown)
        again = isinstance(event.target, gr.Button)
        text = question.strip() if isinstance(question, str) else ""
        wishes = self.wishes(system_prompt, temperature, max_tokens)
        problem = self.problem(wishes, conversation if again else text)
        if problem is not None:
            gr.Warning(problem, duration=None)
            yield tuple(gr.skip() for _ in range(4))
            return
        if again:
            conversation = up_to_last_question(conversation)
            yield (conversation, *self.controls(running=True))
        else:
            conversation = [*conversation, said("user", text)]
            yield (conversation, *self.controls(running=True, value=""))
        async with aclosing(self.answers(conversation, wishes)) as states:
            async for state in states:
                yield (state, *(gr.skip() for _ in range(3)))
        yield (gr.skip(), *self.controls(running=False))

    def problem(self, wishes: Wishes, asked: str | Conversation) -> str | None:
        """Why something is not sent; what was typed stays where it is."""
        if not asked:
            return "Write a question first." if asked == "" else "There is no question yet that could be asked again."
        texts = {"system prompt": wishes.system_prompt, "question": asked if isinstance(asked, str) else ""}
        most = self.settings.max_message_length
        for what, text in texts.items():
            if len(text) > most:
                return f"The {what} has {len(text):,} characters; at most {most:,} can be sent. Shorten it by {len(text) - most:,}."
        return None

    def wishes(self, system_prompt: object, temperature: object, max_tokens: object) -> Wishes:
        settings = self.settings
        return Wishes(
            system_prompt=system_prompt.strip() if isinstance(system_prompt, str) else "",
            temperature=number(temperature, 0, 2, settings.temperature),
            max_tokens=int(number(max_tokens, 1, settings.max_tokens, settings.max_tokens)),
        )

    async def answers(self, conversation: Conversation, wishes: Wishes) -> AsyncGenerator[Conversation, None]:
        """The conversation with more and more of the answer to its last question."""
        if self.answering >= self.settings.max_answers:
            yield [*conversation, notice(f"This page is writing {self.settings.max_answers} answers, and no more at once. {LATER}")]
            return
        self.answering += 1
        outcome, answer, updated = Outcome(), "", 0.0
        try:
            async with aclosing(self.server.answer(turns_of(conversation), wishes, outcome)) as pieces:
                async for piece in pieces:
                    answer += piece
                    if time.monotonic() - updated >= UPDATE_SECONDS:
                        yield [*conversation, said("assistant", answer)]
                        updated = time.monotonic()
        except Unanswered as error:
            logging.warning("not answered: %s", error)
            outcome.notices.append(str(error))
        finally:
            self.answering -= 1
        yield [*conversation, *([said("assistant", answer)] if answer else []), *map(notice, outcome.notices)]

    def stopped(self, shown: object) -> tuple[Any, ...]:
        return ([*read_conversation(shown), notice("You stopped this answer.")], *self.controls(running=False))


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
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# What Gradio's page would ask others for.
ELSEWHERE = re.compile(
    rb"""<link\s+rel="preconnect"[^>]*>|<script\s+src="https?://[^>]*>\s*</script>|<link\s+rel="manifest"[^>]*>|<meta\s[^>]*=\"https?://[^>]*>"""
)

# A browser that is told of none asks for one at the root, which behind a path prefix is somebody else's.
NO_ICON = b'<link rel="icon" href="data:,">'


class OnlyThePage:
    """Lets through what the page needs, with or without the path prefix, and nothing larger than a conversation."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        if self.prefix and (path == self.prefix or path.startswith(f"{self.prefix}/")):
            path = path.removeprefix(self.prefix) or "/"
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if method not in ALLOWED or not ALLOWED[method].fullmatch(path) or ".." in path:
            await plain(send, 404, "There is nothing here.")
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not headers.get(b"content-length", b"0").isdigit() or int(headers.get(b"content-length", b"0")) > LARGEST_REQUEST:
            await plain(send, 413, "The conversation is too long. Start a new one.")
            return
        if path == "/":
            # It is changed below, which a compressed one cannot be.
            headers.pop(b"accept-encoding", None)
        scope = {**scope, "path": path, "raw_path": path.encode(), "headers": list(headers.items())}
        # An answer that is cut off because the page ends is no error.
        with suppress(asyncio.CancelledError):
            await self.app(scope, limited(receive), changed_page(send) if path == "/" else guarded(send))


async def plain(send: Send, status: int, text: str) -> None:
    body = json.dumps({"detail": text}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await guarded(send)({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def limited(receive: Receive) -> Receive:
    """A body in chunks has no length that could be looked at before."""
    size = 0

    async def part() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        return {"type": "http.disconnect"} if size > LARGEST_REQUEST else message

    return part


def guarded(send: Send) -> Send:
    async def part(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *own]}
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


CSS = """
.gradio-container main { width: 100%; max-width: 60rem !important; margin: 0 auto; box-sizing: border-box; }
#about h1 { font-size: 1.4rem; margin: 0; }
#about p { margin: 0; color: var(--body-text-color); overflow-wrap: anywhere; }
#conversation { height: max(16rem, 100dvh - 19rem) !important; }
#conversation button[aria-label="Clear"] { display: none; }
#question button { background: var(--button-primary-background-fill); color: var(--button-primary-text-color); }
"""
# Readable for weak eyes too: 4.5 to 1 at least. https://www.w3.org/TR/WCAG22/#contrast-minimum
THEME = gr.themes.Default(
    primary_hue="blue", font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
).set(
    body_text_color_subdued="*neutral_600", body_text_color_subdued_dark="*neutral_300",
    block_info_text_color="*neutral_600", block_info_text_color_dark="*neutral_300",
    input_placeholder_color="*neutral_500", input_placeholder_color_dark="*neutral_400",
    button_primary_background_fill="*primary_600", button_primary_background_fill_dark="*primary_600",
)  # fmt: skip


def served(settings: Settings) -> ASGIApp:
    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    @app.get("/livez")
    async def healthz() -> dict[str, str]:
        # Of this page alone: one that says why the model is silent is better than none.
        return {"status": "ok"}

    gr.mount_gradio_app(
        app, Page(settings).blocks, path="/", root_path=settings.path_prefix or None, footer_links=[], allowed_paths=[],
        show_error=False, max_file_size=0, ssr_mode=False, enable_monitoring=False, pwa=False, mcp_server=False,
        theme=THEME, css=CSS,
    )  # fmt: skip
    return OnlyThePage(app, settings.path_prefix)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(64, f"{self.prog}: {message}\n")


def parse(arguments: Sequence[str]) -> Settings:
    parser = Parser(prog="gradio_chat.py", description="A chat page for one vLLM server.", allow_abbrev=False)
    parser.add_argument("--server-url", required=True, help="of the server, without /v1")
    parser.add_argument("--model", required=True, help="as the server calls it")
    parser.add_argument("--title", default="Chat")
    parser.add_argument("--system-prompt", default="")
    parser.add_argument("--max-message-length", type=int, default=8000, help="characters of one question")
    parser.add_argument("--max-model-len", type=int, default=4096, help="tokens of question, history and answer together")
    parser.add_argument("--max-tokens", type=int, default=1024, help="of the longest answer that can be asked for")
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--max-answers", type=int, default=32, help="that are written at once")
    parser.add_argument("--first-token-seconds", type=float, default=120.0, help="until an answer must have begun")
    parser.add_argument("--next-token-seconds", type=float, default=30.0, help="that an answer may pause")
    parser.add_argument("--answer-seconds", type=float, default=600.0, help="that an answer may take")
    parser.add_argument("--api-key-file", help="with the server's key, if it asks for one")
    parser.add_argument("--path-prefix", default="", help="under which a proxy shows the page, for example /chat")
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=7860)
    given = parser.parse_args(arguments)
    for name in ("max_message_length", "max_tokens", "max_answers", "first_token_seconds", "next_token_seconds", "answer_seconds", "port"):
        if getattr(given, name) <= 0:
            parser.error(f"--{name.replace('_', '-')} ({getattr(given, name)}) must be more than 0")
    if given.max_tokens >= given.max_model_len:
        parser.error(f"--max-tokens ({given.max_tokens}) leaves no room for a question in --max-model-len ({given.max_model_len})")
    if not 0 <= given.temperature <= 2:
        parser.error(f"--temperature ({given.temperature}) must be from 0 to 2")
    if not re.fullmatch(r"https?://[^/?#\s]+/?", given.server_url):
        parser.error(f"--server-url ({given.server_url}) must be http://HOST:PORT")
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", given.path_prefix):
        parser.error(f"--path-prefix ({given.path_prefix}) must be empty, or a path such as /chat without a slash at its end")
    return Settings(**vars(given))


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    settings = parse(sys.argv[1:])
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        print(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}", file=sys.stderr)
        return 78
    server = uvicorn.Server(
        uvicorn.Config(served(settings), log_config=None, access_log=False, timeout_graceful_shutdown=STOP_SECONDS, server_header=False)
    )
    logging.info("chat page for %s at %s on port %s%s", settings.model, settings.server_url, settings.port, settings.path_prefix)
    server.run(sockets=[listening])
    return 0


if __name__ == "__main__":
    # Until uvicorn has its own way to end: process 1 has no default for it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.exit(main())
