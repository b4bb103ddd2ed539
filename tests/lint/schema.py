"""The JSON Schema is valid, and mail-json(5) documents every field."""

import json
import re

import jsonschema

import tree


def properties(schema, path=""):
    """(name, schema) of every property anywhere in the schema."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield name, inner
        for inner in schema.values():
            yield from properties(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties(inner)


def main():
    document = json.loads(tree.read("man/mail-json.schema.json"))
    validator = jsonschema.validators.validator_for(document)
    validator.check_schema(document)
    page = tree.read("man/mail-json.5")
    documented = set(re.findall(r"^\.It (?:Fa|Va|Cm|Li) (.+)$", page, re.MULTILINE))
    documented = {word for item in documented for word in re.findall(r"[A-Za-z0-9]+", item)}
    problems = []
    names = {name for name, _ in properties(document)}
    for name in sorted(names):
        if name not in documented:
            problems.append(f"man/mail-json.5: the field {name} is in the schema but not in the page")
    tree.finish(problems, len(names), "fields")


main()
