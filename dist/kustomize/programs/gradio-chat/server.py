"""The vLLM server, as far as one question needs it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import httpx
from answer import AGAIN, BUSY, LATER, NoSystemPromptError, TemporarilyUnansweredError, UnansweredError, events, part_of, refusal
from conversation import Exchange
from settings import Settings

CONNECT_SECONDS = 5.0
COUNT_SECONDS = 10.0
# Only before the first word of an answer. Longer waits are the person's choice.
RETRY_SECONDS = (0.5, 2.0)
LONGEST_RETRY_SECONDS = 5.0
LONGEST_ANSWER = 400_000


@dataclass(frozen=True)
class Preferences:
    """What a person has chosen on the page."""

    system_prompt: str
    temperature: float
    max_tokens: int


class Server:
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

    async def answer(self, exchanges: Sequence[Exchange], preferences: Preferences, notices: list[str]) -> AsyncGenerator[str, None]:
        """Pieces of the answer to the last question; what is to be said about it below goes to the notices.

        Raises UnansweredError when there is none, or no more of it.
        """
        for is_first in (True, False):
            notices.clear()
            try:
                async with aclosing(self.fitting_answer(exchanges, preferences, notices)) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except NoSystemPromptError:
                if not is_first:
                    raise
                # From now on it stands before the first question, where every template has a place.
                self.takes_system_prompt = False

    async def fitting_answer(
        self, exchanges: Sequence[Exchange], preferences: Preferences, notices: list[str]
    ) -> AsyncGenerator[str, None]:
        left_out = await self.to_leave_out(exchanges, preferences)
        if left_out > 0:
            oldest = "oldest question" if left_out == 1 else f"{left_out} oldest questions"
            notices.append(f"The model no longer sees the {oldest} of this conversation: its context is full.")
        body = {
            "model": self.settings.model,
            "messages": self.messages(exchanges[left_out:], preferences),
            "temperature": preferences.temperature,
            "max_tokens": preferences.max_tokens,
            "stream": True,
        }
        for pause in (*RETRY_SECONDS, None):
            written = False
            try:
                async with aclosing(self.streamed(body, notices)) as pieces:
                    async for piece in pieces:
                        written = True
                        yield piece
                return
            except TemporarilyUnansweredError as error:
                if pause is None or written or error.after_seconds > LONGEST_RETRY_SECONDS:
                    raise
                await asyncio.sleep(max(pause, error.after_seconds))

    def messages(self, exchanges: Sequence[Exchange], preferences: Preferences) -> list[dict[str, str]]:
        """What the model reads: roles alternate, as many chat templates demand."""
        system_prompt = preferences.system_prompt
        messages = []
        if system_prompt and self.takes_system_prompt:
            messages.append({"role": "system", "content": system_prompt})
        for exchange in exchanges[:-1]:
            messages += [{"role": "user", "content": exchange.question}, {"role": "assistant", "content": exchange.answer}]
        messages.append({"role": "user", "content": exchanges[-1].question})
        if system_prompt and not self.takes_system_prompt:
            messages[0] = {"role": "user", "content": f"{system_prompt}\n\n{messages[0]['content']}"}
        return messages

    async def to_leave_out(self, exchanges: Sequence[Exchange], preferences: Preferences) -> int:
        """How many of the oldest exchanges do not fit the context beside the answer."""
        room = self.settings.max_model_len - preferences.max_tokens
        least, most = 0, len(exchanges) - 1
        while True:
            count = await self.count_tokens(self.messages(exchanges[least:], preferences), room)
            if count is None or count <= room:
                return least
            if least == most:
                raise UnansweredError(
                    f"This question has {count:,} tokens, the system prompt included, but only {room:,} fit beside an answer of"
                    f" {preferences.max_tokens:,}: the model's context holds {self.settings.max_model_len:,}. Shorten the question, or"
                    " choose a shorter answer in the settings."
                )
            # What is left out is at least this much too long; the newest exchanges are the last to go.
            excess, freed = (count - room) / count, 0
            total = sum(len(exchange.question) + len(exchange.answer) for exchange in exchanges[least:])
            while least < most and (freed == 0 or freed < excess * total):
                freed += max(1, len(exchanges[least].question) + len(exchanges[least].answer))
                least += 1

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
            raise UnansweredError("This page cannot read its key for the server. Tell whoever runs it.") from None

    async def streamed(self, body: dict[str, object], notices: list[str]) -> AsyncGenerator[str, None]:
        """One attempt at an answer."""
        end = time.monotonic() + self.settings.answer_seconds
        response = await self.begun(body)
        try:
            if response.status_code != httpx.codes.OK:
                raise await refusal(response, self.settings)
            written, finished = 0, None
            async with aclosing(events(response, self.settings, end)) as parsed:
                async for event in parsed:
                    piece, reason = part_of(event)
                    finished = reason or finished
                    written += len(piece)
                    if written > LONGEST_ANSWER:
                        raise UnansweredError(f"The answer ends here: it has more than {LONGEST_ANSWER:,} characters.")
                    if piece:
                        yield piece
            if finished is None or finished == "abort":
                raise UnansweredError(f"The answer ends here: the server stopped in the middle of it. {AGAIN}")
            if finished == "length":
                notices.append(
                    f"The answer reached its limit of {body['max_tokens']:,} tokens. Ask to go on, or allow a longer one in the settings."
                )
            elif written == 0:
                notices.append(f"The model has nothing to say to that. {AGAIN}")
        finally:
            # The server stops writing when nobody reads.
            await response.aclose()

    async def begun(self, body: dict[str, object]) -> httpx.Response:
        """The server's response, of which nothing but the headers is there yet."""
        request = self.client.build_request("POST", "/v1/chat/completions", json=body, headers=self.key())
        try:
            return await asyncio.wait_for(self.client.send(request, stream=True), self.settings.first_token_seconds)
        except TimeoutError:
            raise TemporarilyUnansweredError(BUSY, LONGEST_RETRY_SECONDS + 1) from None
        except httpx.HTTPError:
            raise TemporarilyUnansweredError(
                f"The model does not answer at the moment. It may be loading, which takes minutes after a start. {LATER}"
            ) from None
