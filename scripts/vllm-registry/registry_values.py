"""Values as they stand in a registry."""

import enum


def listed(values):
    """Sorted, without the None of an optional flag, which some releases spell as text."""
    return sorted({value for value in values or () if value not in (None, "None")}, key=str)


def plain(value):
    """A JSON value that stands for a default, or None where only an object would do."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value))
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(item) for key, item in value.items()}
    return None


def without_empty(entry):
    return {key: value for key, value in entry.items() if value is not None and value is not False and value != []}
