"""lib/mailpipe/email/html_entity_table.hpp is what scripts/html_entities.py writes."""

import importlib.util
import os

import tree


def main():
    path = os.path.join(tree.SOURCE, "scripts", "html_entities.py")
    spec = importlib.util.spec_from_file_location("html_entities", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    table = "lib/mailpipe/email/html_entity_table.hpp"
    problems = [] if tree.read(table) == script.table() else [f"{table}: run scripts/html_entities.py"]
    tree.finish(problems, 1, "tables")


main()
