"""The comparison of two programs' answers finds nothing between two runs of one program."""

import copy

from answers.difference import compare
from compare_answers import record
from up import binary

# The sequence reaches every part of the API; fewer answers mean that it ended early.
LEAST_ANSWERS = 400


def test_two_runs_of_one_program_answer_alike(tmp_path):
    first, second = (record(binary(), tmp_path / name) for name in ("first", "second"))
    assert len(first) == len(second) > LEAST_ANSWERS
    pairs = zip(first, second, strict=True)
    assert [str(it) for old, new in pairs for it in compare(old, new)] == []

    text, status, order, matched = (copy.deepcopy(refusal(first)) for _ in range(4))
    old = refusal(first)
    text.body["message"] = "Service absent does not exist. List services: underpass service list"
    status.status = 403
    order.body = dict(reversed(order.body.items()))
    matched.body["message"] = "no such service"
    assert [it.is_text for it in compare(old, text)] == [True]
    for changed in (status, order, matched):
        assert [it.is_text for it in compare(old, changed)] == [False]


def refusal(recorded):
    """The answer for a service that does not exist."""
    return next(it for it in recorded if it.path.endswith("/service/absent"))
