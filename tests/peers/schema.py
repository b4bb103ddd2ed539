"""Checks lines of JSON against man/mail-json.schema.json."""

import functools
import json
import os

_PATH = os.path.join(os.path.dirname(__file__), "..", "..", "man", "mail-json.schema.json")


@functools.lru_cache(maxsize=None)
def _validator():
    import jsonschema
    with open(_PATH, encoding="utf-8") as file:
        document = json.load(file)
    kind = jsonschema.validators.validator_for(document)
    kind.check_schema(document)
    return kind(document)


def check(record, what="record"):
    """AssertionError that says what is wrong when the record does not fit the schema."""
    errors = sorted(_validator().iter_errors(record), key=lambda error: list(map(str, error.absolute_path)))
    if errors:
        reasons = [f"{'/'.join(map(str, inner.absolute_path)) or '(top)'}: {inner.message}"
                   for error in errors for inner in (error.context or [error])]
        raise AssertionError(f"{what} does not fit mail-json.schema.json: {json.dumps(record)[:2000]}\n  "
                             + "\n  ".join(reasons[:30]))


def check_all(records, what="record"):
    for record in records:
        check(record, what)


def check_lines(octets, what="output"):
    """Parses JSON Lines strictly (UTF-8, one object a line, a line end at the end) and checks each; the records."""
    if octets and not octets.endswith(b"\n"):
        raise AssertionError(f"{what}: the last line has no line end: {octets[-200:]!r}")
    records = []
    for line in octets.split(b"\n")[:-1]:
        records.append(json.loads(line.decode("utf-8", "strict")))
    check_all(records, what)
    return records
