"""The only way to print: lines for a person, from which the token is always cut out."""

import sys


class Output:
    token: str | None = None

    @classmethod
    def say(cls, text: str, error: bool = False) -> None:
        print(text.replace(cls.token, "***") if cls.token else text, file=sys.stderr if error else sys.stdout, flush=True)
