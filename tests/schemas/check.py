"""Validates recorded exchanges of emulated clouds against the vendors' own descriptions.

    check.py RECORD... [--models DIR]

RECORD is a file of `underpass emulate azure|google --record`, or a directory of files `*.jsonl` of
`underpass up --record`; DIR contains the packages of tests/requirements-schemas.txt, if they are not
installed for this interpreter. Prints the number of validated bodies and replies, what is listed with
a reason (docs/reference/schemas.md), and each finding. Ends with 1 if there is a finding, if a file
ended early, or if a cloud that was to be checked has no exchange.
"""

import argparse
import json
import sys
from pathlib import Path

from report import Report


def records(paths: list[Path]) -> list[Path]:
    """The files of all records."""
    files = []
    for path in paths:
        files += sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    return files


def checks(models: Path | None) -> dict:
    """The check of each cloud, by its name in records."""
    import azure_models

    # Before the models are imported.
    azure_models.use(models)
    from azure_exchanges import AzureCheck
    from google_exchanges import GoogleCheck

    return {
        "azure": AzureCheck(Report("Azure", azure_models.VERSION)),
        "google": GoogleCheck(Report("Google", "compute.v1")),
    }


def take(line: str, clouds: dict) -> str | None:
    """Validates one line; returns why it cannot be validated."""
    try:
        exchange = json.loads(line)
        if "ended" in exchange:
            return exchange["ended"]
        clouds[exchange["cloud"]].take(exchange)
    except (ValueError, KeyError, TypeError) as error:
        return f"a line is no exchange: {error!r}: {line[:80]!r}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("records", nargs="+", type=Path, metavar="RECORD")
    parser.add_argument("--models", type=Path, metavar="DIR")
    parser.add_argument("--cloud", action="append", choices=("azure", "google"), default=[],
                        help="a cloud that must have exchanges; repeatable [default: any one]")  # fmt: skip
    given = parser.parse_args()
    clouds = checks(given.models)
    problems = []
    for file in records(given.records):
        with file.open() as lines:
            problems += [f"{file}: {why}" for line in lines if (why := take(line, clouds))]
    needed = given.cloud or [name for name, it in clouds.items() if it.report.exchanges] or clouds
    for name in needed:
        problems += clouds[name].report.problems()
        clouds[name].report.show()
    for problem in problems:
        print(f"FAILED {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
