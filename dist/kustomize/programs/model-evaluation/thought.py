"""What an answer says when the model has thought: a thought is no answer, and neither is one that never ended."""

import re

# As DeepSeek, Qwen and Seed write them, Mistral, and Kimi.
_CLOSED = re.compile(r"</(?:\w{1,16}:)?think(?:ing)?>|\[/THINK\]|◁/think▷", re.IGNORECASE)
_OPENED = re.compile(r"<(?:\w{1,16}:)?think(?:ing)?>|\[THINK\]|◁think▷", re.IGNORECASE)


def after_thought(answer: str, cut: bool) -> tuple[str, bool]:
    """What is said when all is thought, nothing when it was cut off in a thought; and whether a thought has ended before it."""
    if "think" not in answer.casefold():
        return answer, False
    ends = [closed.end() for closed in _CLOSED.finditer(answer)]
    start = ends[-1] if ends else 0
    opened = _OPENED.search(answer, start)
    if opened and cut:
        return "", bool(ends)
    return answer[start : opened.start() if opened else len(answer)], bool(ends)
