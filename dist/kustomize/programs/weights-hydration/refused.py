"""Errors that a person has to hear of."""


class RefusedError(Exception):
    """What to tell a person, and the exit code that says whether another try can help."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def one_line(error: BaseException) -> str:
    """An error of a library, in at most 300 characters of one line."""
    return " ".join(str(error).split())[:300] or type(error).__name__
