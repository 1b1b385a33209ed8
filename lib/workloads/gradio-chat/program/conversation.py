"""A conversation as the page shows it, and as the model sees it."""

from dataclasses import dataclass
from typing import Any

Conversation = list[dict[str, Any]]

SHOWN_MESSAGES = 400
NOTICE = "notice"


@dataclass
class Exchange:
    question: str
    answer: str = ""


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
        metadata = message.get("metadata")
        is_notice = isinstance(metadata, dict) and metadata.get("id") == NOTICE
        text = text_of(message.get("content"))
        conversation.append({**said(message["role"], text), **({"metadata": {"id": NOTICE}} if is_notice else {})})
    return conversation[-SHOWN_MESSAGES:]


def text_of(content: object) -> str:
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = (part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))


def up_to_last_question(conversation: Conversation) -> Conversation:
    questions = [index for index, message in enumerate(conversation) if message["role"] == "user"]
    return conversation[: questions[-1] + 1] if questions else []


def exchanges_of(conversation: Conversation) -> list[Exchange]:
    """Questions with their answers; of those that got none, only the last."""
    exchanges: list[Exchange] = []
    for message in conversation:
        if message["role"] == "user":
            exchanges.append(Exchange(message["content"]))
        elif exchanges and "metadata" not in message:
            exchanges[-1].answer += message["content"]
    return [exchange for exchange in exchanges[:-1] if exchange.answer] + exchanges[-1:]
