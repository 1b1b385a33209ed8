"""What a run may find in its folder that ends it."""

from exits import CONFIGURATION, TEMPORARY
from job import EndError


class DamagedError(EndError):
    """The folder holds what this run cannot have written."""

    code = CONFIGURATION
    advice = "This run adds nothing to it: choose another folder, or the same input, model and parameters"


class TakenError(EndError):
    """Another process writes the same records."""

    code = TEMPORARY
    advice = "Somebody else writes the same records, so this run ends"
