"""The page of a chat: its look, its parts, and how a question becomes an answer on it."""

import html
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import gradio as gr
from answer import LATER, UnansweredError
from contract import Contract
from conversation import Conversation, exchanges_of, notice, read_conversation, said, up_to_last_question
from server import Preferences, Server
from settings import Settings

# As fast as one can read; each update is sent to the browser as a whole.
UPDATE_SECONDS = 0.05

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


class Range:
    """What a person can choose from."""

    def __init__(self, least: float, most: float) -> None:
        self.least, self.most = least, most

    def nearest(self, value: object, default: float) -> float:
        """A browser may send anything; what is no number is the default."""
        if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
            return default
        return min(self.most, max(self.least, float(value)))


class Page:
    """What a person sees, and what happens on a key or a click."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.server = Server(settings)
        self.answering = 0
        contract = Contract()
        self.temperatures = Range(contract.argument("temperature")["least"], contract.argument("temperature")["most"])
        self.lengths = Range(contract.argument("max-tokens")["least"], settings.max_tokens)
        self.blocks = gr.Blocks(title=settings.title, analytics_enabled=False)
        with self.blocks:
            self.build()
            self.connect()
        # Requests wait here for one moment only: who may be answered is decided by `answer`.
        self.blocks.queue(api_open=False, max_size=8 * settings.max_answers, default_concurrency_limit=None)

    def events(self) -> dict[int, list[bool]]:
        """Of each event by its number, of each of its values whether it is the conversation."""
        return {number: [value is self.conversation for value in event.inputs] for number, event in self.blocks.fns.items()}

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
            self.build_settings(settings)

    def build_settings(self, settings: Settings) -> None:
        self.system_prompt = gr.Textbox(
            settings.system_prompt, label="System prompt", info="How the model should answer",
            elem_id="system-prompt", lines=2, max_lines=8,
        )  # fmt: skip
        with gr.Row():
            self.temperature = gr.Slider(
                self.temperatures.least, self.temperatures.most, settings.temperature, step=0.1, label="Temperature",
                elem_id="temperature", info="0: always the same answer; higher: more varied",
            )  # fmt: skip
            self.max_tokens = gr.Slider(
                self.lengths.least, self.lengths.most, settings.max_tokens, step=1, label="Longest answer",
                elem_id="max-tokens", info="In tokens; a word is one or two",
            )  # fmt: skip

    def connect(self) -> None:
        given = [self.question, self.conversation, self.system_prompt, self.temperature, self.max_tokens]
        shown = [self.conversation, self.question, self.retry, self.renew]
        # Nothing is made of what a browser sends but by `read_conversation`: Gradio would build any component it names.
        asked = gr.on(
            [self.question.submit, self.retry.click], self.ask, given, shown,
            show_progress="hidden", trigger_mode="once", concurrency_limit=None, preprocess=False, api_visibility="private",
        )  # fmt: skip
        self.question.stop(
            self.stopped, [self.conversation], shown, cancels=[asked],
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
        preferences = self.preferences(system_prompt, temperature, max_tokens)
        problem = self.problem(preferences, conversation if again else text)
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
        async with aclosing(self.answers(conversation, preferences)) as states:
            async for state in states:
                yield (state, *(gr.skip() for _ in range(3)))
        yield (gr.skip(), *self.controls(running=False))

    def problem(self, preferences: Preferences, asked: str | Conversation) -> str | None:
        """Why something is not sent; what was typed stays where it is."""
        if not asked:
            return "Write a question first." if asked == "" else "There is no question yet that could be asked again."
        texts = {"system prompt": preferences.system_prompt, "question": asked if isinstance(asked, str) else ""}
        most = self.settings.max_message_length
        for what, text in texts.items():
            if len(text) > most:
                return f"The {what} has {len(text):,} characters; at most {most:,} can be sent. Shorten it by {len(text) - most:,}."
        return None

    def preferences(self, system_prompt: object, temperature: object, max_tokens: object) -> Preferences:
        settings = self.settings
        return Preferences(
            system_prompt=system_prompt.strip() if isinstance(system_prompt, str) else "",
            temperature=self.temperatures.nearest(temperature, settings.temperature),
            max_tokens=int(self.lengths.nearest(max_tokens, settings.max_tokens)),
        )

    async def answers(self, conversation: Conversation, preferences: Preferences) -> AsyncGenerator[Conversation, None]:
        """The conversation with more and more of the answer to its last question."""
        if self.answering >= self.settings.max_answers:
            yield [*conversation, notice(f"This page is writing {self.settings.max_answers} answers, and no more at once. {LATER}")]
            return
        self.answering += 1
        notices: list[str] = []
        answer, updated = "", 0.0
        try:
            async with aclosing(self.server.answer(exchanges_of(conversation), preferences, notices)) as pieces:
                async for piece in pieces:
                    answer += piece
                    if time.monotonic() - updated >= UPDATE_SECONDS:
                        yield [*conversation, said("assistant", answer)]
                        updated = time.monotonic()
        except UnansweredError as error:
            logging.warning("not answered: %s", error)
            notices.append(str(error))
        finally:
            self.answering -= 1
        yield [*conversation, *([said("assistant", answer)] if answer else []), *map(notice, notices)]

    def stopped(self, shown: object) -> tuple[Any, ...]:
        return ([*read_conversation(shown), notice("You stopped this answer.")], *self.controls(running=False))
