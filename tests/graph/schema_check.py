#!/usr/bin/env python3
"""Validates patch files against the JSON Schema: schema_check.py [--refuse] SCHEMA PATCH...

Exit code 0: every patch validates (with --refuse: none does), 1: not so, 77: the jsonschema module is missing.
"""
import json
import re
import sys

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]])', re.S)


def strict_json(text):
    """Patches may have comments and trailing commas; strings keep what looks like them."""
    return TOKEN.sub(lambda token: token.group() if token.group().startswith('"') else " ", text)


def main(arguments):
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        print("schema_check: the Python module jsonschema is missing (Debian: python3-jsonschema)", file=sys.stderr)
        return 77
    refuse = arguments[0] == "--refuse"
    schema_path, *patches = arguments[1:] if refuse else arguments
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    wrong = 0
    for path in patches:
        with open(path, encoding="utf-8-sig") as file:
            errors = list(validator.iter_errors(json.loads(strict_json(file.read()))))
        if refuse and not errors:
            print(f"{path}: validates, but should not", file=sys.stderr)
        if not refuse:
            for error in errors:
                print(f"{path}: {error.json_path}: {error.message[:300]}", file=sys.stderr)
        wrong += bool(errors) != refuse
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
