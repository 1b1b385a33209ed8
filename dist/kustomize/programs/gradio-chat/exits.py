"""Exit codes, those of sysexits.h and two more. exits.json is read by the constructs as well."""

import json
import os

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "exits.json"), encoding="utf-8") as _file:
    EXITS: dict[str, int] = json.load(_file)

FAILED = EXITS["FAILED"]
MISSED = EXITS["MISSED"]
USAGE = EXITS["USAGE"]
DATA = EXITS["DATA"]
NO_INPUT = EXITS["NO_INPUT"]
UNAVAILABLE = EXITS["UNAVAILABLE"]
SOFTWARE = EXITS["SOFTWARE"]
CANNOT_CREATE = EXITS["CANNOT_CREATE"]
IO = EXITS["IO"]
TEMPORARY = EXITS["TEMPORARY"]
NO_PERMISSION = EXITS["NO_PERMISSION"]
CONFIGURATION = EXITS["CONFIGURATION"]
