"""Parses the tables that the compatible command lines print."""

import re


def headings(text: str) -> list[str]:
    """The column names in their order; none if nothing was printed."""
    lines = text.splitlines()
    return lines[0].split() if lines else []


def rows(text: str) -> list[dict[str, str]]:
    """The cells by column name. The row of `=` marks where each column begins and ends."""
    lines = text.splitlines()
    if not lines:
        return []
    spans = [match.span() for match in re.finditer("=+", lines[1])]
    names = [lines[0][begin:end].strip() for begin, end in spans]
    return [
        {name: line[begin:end].strip() for name, (begin, end) in zip(names, spans)}
        for line in lines[2:]
        if line.strip()
    ]


def row(text: str) -> dict[str, str]:
    """The cells of a table that has exactly one row."""
    [only] = rows(text)
    return only
