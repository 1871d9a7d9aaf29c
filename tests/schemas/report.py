"""Numbers and findings of the check of one cloud."""

import re
from collections import Counter

from listed import LISTED


class Report:
    def __init__(self, cloud: str, description: str):
        self.cloud = cloud
        self.description = description
        self.exchanges = 0
        self.bodies = 0
        self.replies = 0
        # What was not validated or is worth a number, by its name.
        self.others = Counter()
        self.found = Counter()
        self.listed = Counter()

    def note(self, document: str, found) -> None:
        """Counts findings of a document, pairs of a place and what is wrong there."""
        for place, what in found:
            place = re.sub(r"/[0-9]+(?=/|$)", "/N", place)
            line = " ".join(it for it in (document, place, what) if it)
            reason = next((it.reason for it in LISTED if it.matches(self.cloud, line)), None)
            if reason:
                self.listed[f"{line}: {reason}"] += 1
            else:
                self.found[line] += 1

    def problems(self) -> list[str]:
        """Returns the reasons for which the check fails."""
        found = [f"{self.cloud}: {count} x {line}" for line, count in sorted(self.found.items())]
        if not self.bodies or not self.replies:
            found.append(f"{self.cloud}: {self.bodies} bodies, {self.replies} replies were validated")
        return found

    def show(self) -> None:
        for line, count in sorted(self.listed.items()):
            print(f"{self.cloud}: listed {count} x {line}")
        others = "".join(f"; {count} {name}" for name, count in sorted(self.others.items()))
        print(
            f"{self.cloud} against {self.description}: {self.bodies} bodies and {self.replies} replies"
            f" validated, {sum(self.found.values())} findings{others}"
        )
