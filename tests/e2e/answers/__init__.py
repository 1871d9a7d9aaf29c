"""Answers of the API, recorded from two programs and compared.

`recorder.py` keeps what was answered, `sequence.py` is the sequence of requests, `masked.py` takes
out what differs between any two runs, `difference.py` tells members from human text.
"""
